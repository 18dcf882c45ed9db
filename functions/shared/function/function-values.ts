import type { ScriptVariable } from '../../../core/apic/script/script-variable.ts';
import { readDefinitions } from '../definitions.ts';
import { currentVariables } from '../script/script-variables.ts';
import type { SourceSettings } from '../sources/call-sources.ts';

type Declared = Readonly<Record<string, ScriptVariable>>;

/** What a function's variables and secrets are now. */
export interface FunctionValues {
  readonly variables: Readonly<Record<string, string>>;
  readonly secrets: Readonly<Record<string, string>>;
  readonly sources: Readonly<Record<string, SourceSettings>>;
}

interface Declarations {
  readonly variables: Declared;
  readonly secrets: Declared;
  /** `url`, `user`, `password`, `ca` of each. */
  readonly sources: Readonly<Record<string, Declared>>;
}

let declared: Declarations | undefined;

/** @throws Refusal when a secret has no such value */
export async function functionValues(): Promise<FunctionValues> {
  declared ??= readDefinitions<Declarations>('variables.json');
  const [variables, secrets, sources] = await Promise.all([
    currentVariables(declared.variables),
    currentVariables(declared.secrets),
    Promise.all(
      Object.entries(declared.sources).map(async ([name, fields]) => [name, await settingsOf(fields)] as const),
    ),
  ]);

  return {
    variables: Object.fromEntries(variables),
    secrets: Object.fromEntries(secrets),
    sources: Object.fromEntries(sources),
  };
}

async function settingsOf(fields: Declared): Promise<SourceSettings> {
  const values = await currentVariables(fields);
  const of = (name: string) => values.get(name) ?? null;

  return { type: null, url: of('url'), user: of('user'), password: of('password'), ca: of('ca') };
}
