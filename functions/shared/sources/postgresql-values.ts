import type { FieldDef } from 'pg';
import { exactNumber } from '../../../core/apic/script/source-value.ts';

/** A column's values as JSON has them, from the text the server sends. */
export type ValueReader = (text: string | null) => unknown;

/** postgresql.org/docs/current/catalog-pg-type.html; what is fixed in every server's own catalogue. */
const BOOLEAN = 16;
const BYTES = 17;
const BIT = 1560;
const ZONED = 1184;
const FLOATS: ReadonlySet<number> = new Set([700, 701]);
/** Whole numbers, DECIMAL, and object identifiers. */
const EXACT: ReadonlySet<number> = new Set([20, 21, 23, 26, 1700]);
/** Lists of these, by the list's type. */
const ELEMENTS: ReadonlyMap<number, number> = new Map([
  [199, 114],
  [1000, BOOLEAN],
  [1001, BYTES],
  [1002, 1042],
  [1005, 21],
  [1007, 23],
  [1009, 25],
  [1015, 1043],
  [1016, 20],
  [1021, 700],
  [1022, 701],
  [1028, 26],
  [1115, 1114],
  [1182, 1082],
  [1183, 1083],
  [1185, ZONED],
  [1231, 1700],
  [2951, 2950],
  [3807, 3802],
]);

/**
 * As those of MySQL: numbers, also decimal ones (as text where digits would be lost), booleans (BIT(1) too), dates `YYYY-MM-DD HH:MM:SS` and in UTC,
 * JSON as its text, bytes base64; lists are lists.
 */
export function valueReader({
  dataTypeID,
  dataTypeModifier,
}: Pick<FieldDef, 'dataTypeID' | 'dataTypeModifier'>): ValueReader {
  const read = dataTypeID === BIT && dataTypeModifier === 1 ? (text: string) => text === '1' : textReader(dataTypeID);

  return (text) => (text === null ? null : read(text));
}

function textReader(type: number): (text: string) => unknown {
  const element = ELEMENTS.get(type);
  if (element !== undefined) {
    const read = textReader(element);

    return (text) => listOf(text, (entry) => (entry === null ? null : read(entry)));
  }
  if (EXACT.has(type)) {
    return (text) => (isNumber(text) ? exactNumber(text) : text);
  }
  if (FLOATS.has(type)) {
    return (text) => (isNumber(text) ? Number(text) : text);
  }
  switch (type) {
    case BOOLEAN:
      return (text) => text === 't';
    case BYTES:
      return (text) => Buffer.from(text.slice('\\x'.length), 'hex').toString('base64');
    case ZONED:
      // The session's zone: what MySQL's TIMESTAMP says without saying so.
      return (text) => text.replace(/\+00$/, '');
    default:
      return (text) => text;
  }
}

/** `NaN` and `Infinity` are no numbers of JSON. */
function isNumber(text: string): boolean {
  return Number.isFinite(Number(text));
}

/** postgresql.org/docs/current/arrays.html#ARRAYS-IO */
function listOf(text: string, read: ValueReader): unknown[] {
  // Where bounds do not begin with 1, they stand in front: `[0:1]={a,b}`.
  let at = text.indexOf('{');

  function list(): unknown[] {
    const entries: unknown[] = [];
    at += 1;
    while (at < text.length && text[at] !== '}') {
      entries.push(text[at] === '{' ? list() : entry());
      if (text[at] === ',') {
        at += 1;
      }
    }
    at += 1;

    return entries;
  }

  function entry(): unknown {
    if (text[at] === '"') {
      return read(quoted());
    }
    const from = at;
    while (at < text.length && text[at] !== ',' && text[at] !== '}') {
      at += 1;
    }
    const plain = text.slice(from, at);

    return read(plain === 'NULL' ? null : plain);
  }

  function quoted(): string {
    let value = '';
    for (at += 1; at < text.length && text[at] !== '"'; at += 1) {
      if (text[at] === '\\') {
        at += 1;
      }
      value += text[at];
    }
    at += 1;

    return value;
  }

  return list();
}
