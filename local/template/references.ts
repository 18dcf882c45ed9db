import { subVariables } from './sub.ts';

/** Every logical id (or parameter, or pseudo parameter) that a value refers to. */
export function references(value: unknown): readonly string[] {
  const found = new Set<string>();
  collect(value, found);

  return [...found];
}

function collect(value: unknown, found: Set<string>): void {
  if (Array.isArray(value)) {
    for (const item of value) collect(item, found);
    return;
  }
  if (typeof value !== 'object' || value === null) return;
  const entries = Object.entries(value);
  if (entries.length === 1) {
    const [name, argument] = entries[0] as [string, unknown];
    if (name === 'Ref' && typeof argument === 'string') {
      found.add(argument);
      return;
    }
    if (name === 'Fn::GetAtt') {
      found.add(getAttTarget(argument)[0]);
      return;
    }
    if (name === 'Fn::Sub') {
      const [text, variables] = Array.isArray(argument) ? argument : [argument, {}];
      for (const variable of subVariables(String(text))) {
        const target = variable.split('.')[0] as string;
        if (!(variable in Object(variables))) found.add(target);
      }
      collect(variables, found);
      return;
    }
  }
  for (const [, item] of entries) collect(item, found);
}

/** `["Id", "A.B"]` or `"Id.A.B"` → `["Id", "A.B"]`. */
export function getAttTarget(argument: unknown): readonly [logicalId: string, attribute: unknown] {
  if (Array.isArray(argument)) return [String(argument[0]), argument[1]];
  const text = String(argument);
  const dot = text.indexOf('.');

  return dot < 0 ? [text, ''] : [text.slice(0, dot), text.slice(dot + 1)];
}
