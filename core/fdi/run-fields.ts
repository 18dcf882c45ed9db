import { InvalidSetting } from '../errors.ts';
import { isExactNumber } from './json.ts';
import { parsePath, type ValueAt, valueAt } from './path.ts';
import type { SourceField } from './run-ports.ts';
import { foldedName, METADATA_TYPES, type MetadataField, type MetadataType } from './topic-task.ts';

/** So many records say what the others hold, where nobody has declared it. */
const LOOKED_AT = 1000;

/** @throws InvalidSetting for fields that no record can have */
export function checkFields(fields: readonly MetadataField[], where: string): void {
  const seen = new Set<string>();
  if (fields.length === 0) {
    throw new InvalidSetting(
      where,
      [],
      'at least one field, or none at all: then their names are those of the first records',
    );
  }
  for (const { alias, type, path } of fields) {
    if (alias.trim() === '' || seen.has(foldedName(alias))) {
      throw new InvalidSetting(`${where}[${alias}]`, alias, 'names that differ in more than case and `_`');
    }
    if (!METADATA_TYPES.includes(type)) {
      throw new InvalidSetting(
        `${where}[${alias}].type`,
        type,
        METADATA_TYPES.map((known) => `\`${known}\``).join(', '),
      );
    }
    parsePath(path, `${where}[${alias}].path`);
    seen.add(foldedName(alias));
  }
}

/** Fields as they are declared. @param at how paths lead into a record, whatever that is */
export function declaredFields(fields: readonly MetadataField[], at: ValueAt): readonly SourceField[] {
  return fields.map(({ alias, type, path }) => ({
    name: alias,
    type,
    path: parsePath(path, alias),
    at,
  }));
}

/** The members of these records, of the type that all their values have: a text where they differ. */
export function foundFields(records: readonly unknown[]): readonly SourceField[] {
  const types = new Map<string, MetadataType | undefined>();
  for (const record of records.slice(0, LOOKED_AT)) {
    if (record === null || typeof record !== 'object' || Array.isArray(record)) {
      continue;
    }
    for (const [name, value] of Object.entries(record)) {
      const type = typeOf(value);
      const known = types.get(name);
      types.set(name, known === undefined || type === undefined || known === type ? (type ?? known) : 'string');
    }
  }

  return [...types].map(([name, type = 'string']) => ({ name, type, path: [name], at: valueAt }));
}

function typeOf(value: unknown): MetadataType | undefined {
  if (value === null || value === undefined) {
    return undefined;
  }
  if (typeof value === 'number' || isExactNumber(value)) {
    return 'number';
  }
  if (typeof value === 'boolean') {
    return 'boolean';
  }

  return typeof value === 'object' ? 'json' : 'string';
}
