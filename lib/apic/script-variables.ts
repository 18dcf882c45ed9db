import { Token } from 'aws-cdk-lib';
import type { ISecret } from 'aws-cdk-lib/aws-secretsmanager';
import type { ScriptVariable } from '../../core/apic/script/script-variable.ts';
import type { HandlerFunction } from '../platform/handler-function.ts';
import { checkName, type Place } from '../platform/setting.ts';

/** A text, also one known only at deployment, or a secret (one field of it, where it is JSON). */
export type ScriptVariableProps = string | { readonly secret: Pick<ISecret, 'secretArn'>; readonly key?: string };

/** What `#{name}` in scripts stands for. */
export type ScriptVariablesProps = Readonly<Record<string, ScriptVariableProps>>;

/** @throws InvalidSetting for a name scripts cannot write */
export function checkVariables(place: Place, variables: ScriptVariablesProps): void {
  for (const name of Object.keys(variables)) {
    checkName(place, 'variables', name, /^[\w.-]{1,64}$/, '1 to 64 letters, digits, `_`, `.` or `-`');
  }
}

/**
 * Tells a function what its scripts' variables stand for: values go into a file beside its code, what is known only at deployment into its
 * environment, and secrets stay where they are.
 *
 * @returns the content of that file
 */
export function provideVariables(
  handler: HandlerFunction,
  variables: ScriptVariablesProps,
): Readonly<Record<string, ScriptVariable>> {
  const provided = Object.entries(variables).map(([name, variable], index) => {
    const environment = `SCRIPT_VARIABLE_${index}`;
    if (typeof variable === 'string') {
      return [name, textVariable(handler, environment, variable)] as const;
    }
    handler
      .variable(environment, variable.secret.secretArn)
      .allow(['secretsmanager:GetSecretValue'], [variable.secret.secretArn]);

    return [
      name,
      { secret: environment, ...(variable.key !== undefined && { key: variable.key }) } satisfies ScriptVariable,
    ] as const;
  });

  return Object.fromEntries(provided);
}

function textVariable(handler: HandlerFunction, environment: string, value: string): ScriptVariable {
  if (!Token.isUnresolved(value)) {
    return { value };
  }
  handler.variable(environment, value);

  return { environment };
}
