import { Buffer } from 'node:buffer';
import type { Column } from './column.ts';
import type { Conversion, Convert } from './convert.ts';
import { wholeNumber } from './convert-number.ts';
import { parseDateTime } from './date-time.ts';
import { decimalText, parseDecimal } from './decimal.ts';
import { isExactNumber } from './json.ts';
import { excerpt, Rejection } from './rejection.ts';
import { booleanOf, notA, numberText, scalarText } from './scalar.ts';
import type { Offset } from './time-zone.ts';
import type { MetadataType } from './topic-task.ts';

/** CHAR and VARCHAR count characters; all other text types count bytes. */
const COUNTS_CHARACTERS = new Set(['char', 'varchar']);
/** Character sets that hold no character beyond U+FFFF (four bytes in UTF-8). */
const THREE_BYTES = new Set(['utf8', 'utf8mb3', 'ucs2']);
// biome-ignore lint/suspicious/noControlCharactersInRegex: the range is what ASCII is
const ASCII = /^[\x00-\x7f]*$/;
/** `JSON.stringify` escapes half pairs, and nothing else in this way; MySQL's JSON refuses them. */
const LONE_SURROGATE = /(?<!\\)(?:\\\\)*\\ud[89a-f]/;
const FOUR_BYTES = /[\u{10000}-\u{10ffff}]/u;

/** Texts as they are, numbers as they were written, `true` and `false`, ISO 8601 in UTC, JSON. */
export const toText: Conversion = (type, column, zone) => {
  const text = textOf(type, zone);
  const check = lengthCheck(column);

  return (value) => {
    const written = text(value);

    return typeof written === 'string' ? check(written) : written;
  };
};

/** The bytes of the text in UTF-8. */
export const toBinary: Conversion = (type, { length }, zone) => {
  const text = textOf(type, zone);

  return (value) => {
    const written = text(value);
    if (typeof written !== 'string') {
      return written;
    }
    if (!written.isWellFormed()) {
      return brokenCharacters();
    }
    const bytes = Buffer.byteLength(written);

    return bytes > length ? tooLong(`${bytes} bytes`, length) : written;
  };
};

export const toEnumeration: Conversion = (type, { members, caseInsensitive }, zone) => {
  const text = textOf(type, zone);
  const same = (value: string) => (caseInsensitive ? value.toLowerCase() : value);
  const known = new Set(members.map(same));

  return (value) => {
    const written = text(value);
    if (typeof written !== 'string' || known.has(same(written))) {
      return written;
    }

    return new Rejection(
      'enumeration',
      `${excerpt(written)} is none of ${members.map((member) => excerpt(member)).join(', ')}`,
    );
  };
};

/** JSON as it came; other types as the JSON value they are. */
export const toJson: Conversion = (type, _column, zone) => {
  const text = textOf(type, zone);
  const bare = type === 'json' || type === 'integer' || type === 'number' || type === 'boolean';

  return (value) => {
    const written = text(value);
    if (typeof written !== 'string') {
      return written;
    }
    const json = bare ? written : JSON.stringify(written);

    return LONE_SURROGATE.test(json) ? brokenCharacters() : json;
  };
};

function textOf(type: MetadataType, zone: Offset): Convert {
  switch (type) {
    case 'string':
      return (value) => (typeof value === 'string' ? value : (scalarText(value) ?? notA(type, value)));
    case 'integer':
      return (value) => wholeNumber(value) ?? notA(type, value);
    case 'number':
      return (value) => {
        const text = numberText(value);
        const decimal = text === undefined ? undefined : parseDecimal(text);
        if (text === undefined || decimal === undefined) {
          return notA(type, value);
        }

        return typeof value === 'string' ? decimalText(decimal) : text;
      };
    case 'boolean':
      return (value) => booleanOf(value)?.toString() ?? notA(type, value);
    case 'datetime':
      return (value) => isoText(value, zone) ?? notA(type, value);
    case 'json':
      return (value) => JSON.stringify(value);
  }
}

function isoText(value: unknown, zone: Offset): string | undefined {
  if (isExactNumber(value) || (typeof value !== 'string' && typeof value !== 'number')) {
    return undefined;
  }
  const time = parseDateTime(value, zone);

  return time && (time.day ?? new Date(time.utcMs).toISOString());
}

/** Length and characters; the text itself when it fits. */
function lengthCheck({ type, length, charset }: Column): Convert {
  const countsCharacters = COUNTS_CHARACTERS.has(type);

  return (value) => {
    const text = value as string;
    if (!text.isWellFormed()) {
      return brokenCharacters();
    }
    if (text.includes('\0')) {
      return new Rejection('characters', `${excerpt(text)} holds NUL, where most of what reads a text ends it`);
    }
    if (THREE_BYTES.has(charset) && FOUR_BYTES.test(text)) {
      return new Rejection('characters', `${excerpt(text)} holds a character that ${charset} lacks`);
    }
    if (charset === 'ascii' && !ASCII.test(text)) {
      return new Rejection('characters', `${excerpt(text)} is not ASCII`);
    }
    // No text has more characters than UTF-16 units, and none more than three bytes of UTF-8 for each of them.
    if (countsCharacters) {
      return text.length <= length || [...text].length <= length
        ? text
        : tooLong(`${[...text].length} characters`, length);
    }

    return text.length * 3 <= length || Buffer.byteLength(text) <= length
      ? text
      : tooLong(`${Buffer.byteLength(text)} bytes`, length);
  };
}

function tooLong(measured: string, length: number): Rejection {
  return new Rejection('length', `${measured} are too long; the column holds ${length}`);
}

/** A `\ud800` without its partner is JSON but no text: UTF-8 would turn it into a question mark. */
function brokenCharacters(): Rejection {
  return new Rejection('characters', 'the text holds half a surrogate pair');
}
