import type { ScriptVariable } from '../../../core/apic/script/script-variable.ts';
import { InvalidSetting, Refusal } from '../../../core/errors.ts';
import { readDefinitions } from '../definitions.ts';
import { readSecretText, SECRET_CACHE_MS } from '../secrets.ts';

let declared: Readonly<Record<string, ScriptVariable>> | undefined;

/** What the `#{variables}` of this function's scripts stand for now. @throws Refusal when a secret has no such value */
export async function scriptVariables(): Promise<ReadonlyMap<string, string>> {
  declared ??= readDefinitions<Record<string, ScriptVariable>>('variables.json');

  return currentVariables(declared);
}

/** What each of these stands for now. @throws Refusal when a secret has no such value */
export async function currentVariables(
  declared: Readonly<Record<string, ScriptVariable>>,
): Promise<ReadonlyMap<string, string>> {
  const values = Object.entries(declared).map(
    async ([name, variable]) => [name, await currentValue(name, variable)] as const,
  );

  return new Map(await Promise.all(values));
}

/** @throws Refusal when its secret has no such value */
export async function currentValue(name: string, variable: ScriptVariable): Promise<string> {
  if ('value' in variable) {
    return variable.value;
  }
  if ('environment' in variable) {
    return given(variable.environment);
  }
  const text = await readSecretText(given(variable.secret), { maxAgeMs: SECRET_CACHE_MS });
  const value = variable.key === undefined ? text : fieldOf(text, variable.key);
  if (value === undefined) {
    throw new Refusal('APIC.0601', { detail: { reason: `the secret of the variable ${name} has no value yet` } });
  }

  return value;
}

function fieldOf(text: string | undefined, key: string): string | undefined {
  try {
    const fields: unknown = JSON.parse(text ?? '');

    return typeof fields === 'object' && fields !== null && key in fields
      ? String((fields as Record<string, unknown>)[key])
      : undefined;
  } catch {
    return undefined;
  }
}

function given(variable: string): string {
  const value = process.env[variable];
  if (value === undefined) {
    throw new InvalidSetting(`environment variable ${variable}`, value, 'the value its stack sets on the function');
  }

  return value;
}
