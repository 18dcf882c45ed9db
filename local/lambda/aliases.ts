import { join } from 'node:path';
import { AwsError } from '../errors.ts';
import { stateFile } from '../state-file.ts';
import type { FunctionDefinition } from './function-definition.ts';

/** Aliases of functions: run-time objects that outlive the runtime, and go with their function. All are of `$LATEST`. */
export interface Aliases {
  has(functionName: string, alias: string): boolean;
  /** Resolves when it is on disk. Throws ResourceConflictException. */
  add(definition: Pick<FunctionDefinition, 'name' | 'arn'>, alias: string): Promise<void>;
  removeAll(functionName: string): Promise<void>;
}

export function createAliases(state: string): Aliases {
  const file = stateFile<Readonly<Record<string, readonly string[]>>>(join(state, 'lambda', 'aliases.json'), {});
  let known: Readonly<Record<string, readonly string[]>> | undefined;
  const all = () => {
    known ??= file.read();

    return known;
  };
  const save = (changed: Readonly<Record<string, readonly string[]>>) => {
    known = changed;

    return file.write(changed);
  };

  return {
    has: (functionName, alias) => all()[functionName]?.includes(alias) === true,
    async add({ name, arn }, alias) {
      const own = all()[name] ?? [];
      if (own.includes(alias)) {
        throw new AwsError('ResourceConflictException', `Alias already exists: ${arn}:${alias}`, 409, { Type: 'User' });
      }
      await save({ ...all(), [name]: [...own, alias] });
    },
    async removeAll(functionName) {
      const { [functionName]: own, ...others } = all();
      if (own !== undefined) await save(others);
    },
  };
}
