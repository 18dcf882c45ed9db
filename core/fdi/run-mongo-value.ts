import { Buffer } from 'node:buffer';
import { exactNumber } from './json.ts';
import type { Ejson, MongoDocument } from './run-mongo-port.ts';
import type { MetadataType } from './topic-task.ts';

/** A value as extended JSON wraps it: which type, and what it holds. */
type Wrapped = readonly [type: string, held: Ejson];

const INT32 = 2 ** 31;
/** UUIDs: https://bsonspec.org/spec.html */
const UUID = '04';

/** As JSON has it: ids as their digits, times as ISO 8601, numbers with all of theirs, bytes in base64. */
export function plainValue(value: Ejson): unknown {
  if (typeof value !== 'object' || value === null) {
    return value;
  }
  if (Array.isArray(value)) {
    return value.map(plainValue);
  }
  const wrapped = wrappedOf(value as MongoDocument);

  return wrapped === undefined
    ? Object.fromEntries(Object.entries(value).map(([name, held]) => [name, plainValue(held)]))
    : unwrapped(wrapped, value as MongoDocument);
}

/** What its values are read as, of a field that nobody has declared; undefined of null. */
export function typeOfValue(value: Ejson): MetadataType | undefined {
  if (value === null) {
    return undefined;
  }
  if (typeof value !== 'object') {
    return typeof value === 'number' ? 'number' : typeof value === 'boolean' ? 'boolean' : 'string';
  }
  const [type] = Array.isArray(value) ? [] : (wrappedOf(value as MongoDocument) ?? []);
  switch (type) {
    case undefined:
    case '$regularExpression':
    case '$code':
      return 'json';
    case '$numberInt':
    case '$numberLong':
      return 'integer';
    case '$numberDouble':
    case '$numberDecimal':
      return 'number';
    case '$date':
    case '$timestamp':
      return 'datetime';
    default:
      return 'string';
  }
}

/** As the server names its types: https://www.mongodb.com/docs/manual/reference/bson-types */
export function valueKind(value: Ejson): string {
  if (Array.isArray(value)) {
    return 'array';
  }
  if (typeof value !== 'object' || value === null) {
    return value === null ? 'null' : typeof value === 'boolean' ? 'bool' : typeof value;
  }
  const [type] = wrappedOf(value as MongoDocument) ?? [];

  return type === undefined ? 'object' : (KIND_NAMES[type] ?? type.slice(1));
}

const KIND_NAMES: Readonly<Record<string, string>> = {
  $oid: 'objectId',
  $numberInt: 'int',
  $numberLong: 'long',
  $numberDouble: 'double',
  $numberDecimal: 'decimal',
  $binary: 'binData',
  $regularExpression: 'regex',
};

/** Kinds of values that a comparison tells apart and never mixes: `{ $gt: 5 }` finds no text. */
export type Bracket = 'number' | 'string' | 'objectId' | 'date' | 'other';

export function bracketOf(value: Ejson | undefined): Bracket {
  if (typeof value === 'number' || typeof value === 'string') {
    return typeof value === 'number' ? 'number' : 'string';
  }
  const [type = ''] = (isDocument(value) && wrappedOf(value)) || [];
  if (type.startsWith('$number')) {
    return 'number';
  }

  return type === '$oid' ? 'objectId' : type === '$date' ? 'date' : 'other';
}

/** The value at names; undefined where there is none. */
export function ejsonAt(document: MongoDocument, names: readonly string[]): Ejson | undefined {
  let value: Ejson | undefined = document;
  for (const name of names) {
    if (!isDocument(value) || !Object.hasOwn(value, name)) {
      return undefined;
    }
    value = value[name];
  }

  return value;
}

/** The same text of the same values, however extended JSON writes them, with all their digits. */
export function valueText(value: Ejson | undefined): string {
  return JSON.stringify(canonical(value)) ?? '';
}

function canonical(value: Ejson | undefined): unknown {
  if (typeof value === 'number') {
    const type = !Number.isInteger(value) ? '$numberDouble' : Math.abs(value) < INT32 ? '$numberInt' : '$numberLong';

    return { [type]: String(value) };
  }
  if (Array.isArray(value)) {
    return value.map(canonical);
  }
  if (!isDocument(value)) {
    return value;
  }
  const [type, held] = wrappedOf(value) ?? [];
  if (type === '$date') {
    return dateOf(dateMs(value));
  }

  return type === '$numberDouble'
    ? { $numberDouble: String(Number(held)) }
    : Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, type ? inner : canonical(inner)]));
}

/** Milliseconds since 1970 of a `$date`, in either form. */
export function dateMs(value: Ejson): number {
  const held = isDocument(value) ? value['$date'] : undefined;

  return typeof held === 'string' ? Date.parse(held) : Number(isDocument(held) ? held['$numberLong'] : held);
}

export function dateOf(ms: number): MongoDocument {
  return { $date: { $numberLong: String(ms) } };
}

function isDocument(value: Ejson | undefined): value is MongoDocument {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A document of one member that begins with `$` is a value, and no document; of two, where their type has two. */
function wrappedOf(value: MongoDocument): Wrapped | undefined {
  const [first, second, third] = Object.entries(value);
  if (first === undefined || third !== undefined || !first[0].startsWith('$')) {
    return undefined;
  }

  return second === undefined || second[0].startsWith('$') ? [first[0], first[1]] : undefined;
}

function unwrapped([type, held]: Wrapped, value: MongoDocument): unknown {
  switch (type) {
    case '$oid':
    case '$symbol':
      return held;
    case '$numberInt':
      return Number(held);
    case '$numberDouble':
      // The digits of a double are those of a number of ours.
      return Number.isFinite(Number(held)) ? Number(held) : held;
    case '$numberLong':
    case '$numberDecimal':
      return numeric(String(held));
    case '$date':
      return timeText(dateMs(value));
    case '$timestamp':
      return timeText(Number((held as { t?: number }).t ?? 0) * 1000);
    case '$binary': {
      const { base64 = '', subType = '' } = held as { base64?: string; subType?: string };

      return subType === UUID ? uuidText(base64) : base64;
    }
    case '$undefined':
      return null;
    case '$minKey':
    case '$maxKey':
      return type;
    default:
      return value;
  }
}

/** With all its digits; what is no number of JSON as its text. */
function numeric(text: string): unknown {
  if (!/^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/.test(text)) {
    return text;
  }

  return String(Number(text)) === text ? Number(text) : exactNumber(text);
}

/** Years that ISO 8601 writes with a sign come as milliseconds. */
function timeText(ms: number): unknown {
  const time = new Date(ms);

  return Number.isNaN(time.getTime()) || time.getUTCFullYear() > 9999 || time.getUTCFullYear() < 0
    ? ms
    : time.toISOString();
}

function uuidText(base64: string): string {
  return Buffer.from(base64, 'base64')
    .toString('hex')
    .replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}
