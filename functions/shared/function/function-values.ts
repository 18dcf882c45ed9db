import type { ScriptVariable } from '../../../core/apic/script/script-variable.ts';
import { readDefinitions } from '../definitions.ts';
import { currentVariables } from '../script/script-variables.ts';

type Declared = Readonly<Record<string, ScriptVariable>>;

/** What a function's variables and secrets are now. */
export interface FunctionValues {
  readonly variables: Readonly<Record<string, string>>;
  readonly secrets: Readonly<Record<string, string>>;
}

let declared: { readonly variables: Declared; readonly secrets: Declared } | undefined;

/** @throws Refusal when a secret has no such value */
export async function functionValues(): Promise<FunctionValues> {
  declared ??= readDefinitions<NonNullable<typeof declared>>('variables.json');
  const [variables, secrets] = await Promise.all([
    currentVariables(declared.variables),
    currentVariables(declared.secrets),
  ]);

  return { variables: Object.fromEntries(variables), secrets: Object.fromEntries(secrets) };
}
