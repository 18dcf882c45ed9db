import { InvalidSetting } from '../errors.ts';
import { parseDateTime } from './date-time.ts';
import type { Ejson, MongoDocument } from './run-mongo-port.ts';
import type { MongoIncrement } from './run-mongo-source.ts';
import { bracketOf, dateMs, dateOf } from './run-mongo-value.ts';
import type { Offset } from './time-zone.ts';

const OBJECT_ID = /^[0-9a-f]{24}$/i;
const NUMBER = /^-?\d+(?:\.\d+)?$/;
/** The first of an ObjectId's 12 bytes are seconds since 1970: https://www.mongodb.com/docs/manual/reference/bson-types/#objectid */
const SECONDS_DIGITS = 8;

/**
 * Where the first run begins: `initial`, as a value of the kind that the field has.
 *
 * @param upper its greatest value; null where no document has one
 * @throws InvalidSetting for an `initial` that is none of that kind
 */
export function firstBound({ initial }: MongoIncrement, upper: Ejson, zone: Offset, where: string): Ejson {
  if (initial === undefined || upper === null) {
    return null;
  }
  const kind = bracketOf(upper);
  if (kind === 'number') {
    if (!NUMBER.test(initial)) {
      throw new InvalidSetting(where, initial, 'a number, as the field holds');
    }

    return /^-?\d{1,15}$/.test(initial) ? { $numberLong: initial } : { $numberDecimal: initial };
  }
  const time = parseDateTime(initial, zone);
  if (kind === 'date') {
    if (time === undefined) {
      throw new InvalidSetting(where, initial, 'a date and time, as the field holds: 2026-11-01T08:00:00Z');
    }

    return dateOf(time.utcMs);
  }
  if (OBJECT_ID.test(initial)) {
    return { $oid: initial.toLowerCase() };
  }
  if (time === undefined) {
    throw new InvalidSetting(where, initial, 'an ObjectId, as the field holds, or the date and time of one');
  }

  return idOf(Math.floor(time.utcMs / 1000));
}

/** So much before the last value: seconds of a date and of the time in an ObjectId, else a number. */
export function laterBound(last: Ejson, overlap: number): Ejson {
  if (overlap === 0) {
    return last;
  }
  switch (bracketOf(last)) {
    case 'date':
      return dateOf(dateMs(last) - overlap * 1000);
    case 'objectId': {
      const seconds = Number.parseInt(String((last as MongoDocument)['$oid']).slice(0, SECONDS_DIGITS), 16);

      return idOf(Math.max(0, seconds - overlap));
    }
    default:
      return lessThan(last, overlap);
  }
}

function idOf(seconds: number): MongoDocument {
  const digits = Math.min(seconds, 0xff_ff_ff_ff).toString(16).padStart(SECONDS_DIGITS, '0');

  return { $oid: digits.padEnd(24, '0') };
}

function lessThan(value: Ejson, overlap: number): Ejson {
  const [type = '$numberDouble', held = value] =
    typeof value === 'object' && value !== null && !Array.isArray(value) ? (Object.entries(value)[0] ?? []) : [];
  const text = String(held);

  return /^-?\d+$/.test(text)
    ? { $numberLong: String(BigInt(text) - BigInt(overlap)) }
    : { [type === '$numberDecimal' ? '$numberDouble' : type]: String(Number(text) - overlap) };
}
