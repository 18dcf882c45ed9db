import type { Conversion, Convert } from './convert.ts';
import { wholeNumber } from './convert-number.ts';
import { type DateTime, dateTimeText, parseDateTime } from './date-time.ts';
import { isExactNumber } from './json.ts';
import { excerpt, Rejection } from './rejection.ts';
import { notA } from './scalar.ts';
import type { Offset } from './time-zone.ts';
import type { MetadataType } from './topic-task.ts';

/** What the engines store: DATETIME and DATE from year 1000, TIMESTAMP from 1970 until 2038 (both bounds UTC). */
const RANGES = {
  datetime: [Date.UTC(1000, 0, 1), Date.UTC(10_000, 0, 1) - 1],
  date: [Date.UTC(1000, 0, 1), Date.UTC(10_000, 0, 1) - 1],
  timestamp: [1000, 2 ** 31 * 1000 - 1],
} as const;
const TIME = /^([01]\d|2[0-3]):([0-5]\d)(?::([0-5]\d)(?:\.(\d{1,9}))?)?$/;
const YEARS = [1901, 2155] as const;

/** UTC, cut to the column's fraction digits. */
export const toDateTime: Conversion = (type, column, zone) => {
  const range = column.type === 'timestamp' ? 'timestamp' : 'datetime';

  return dated(type, zone, range, (time) => dateTimeText(time, column.fractionDigits));
};

/** A day as it was written; of a point in time, its day in UTC. */
export const toDate: Conversion = (type, _column, zone) =>
  dated(type, zone, 'date', (time) => time.day ?? dateTimeText(time, 0).slice(0, 10));

/** `HH:MM`, `HH:MM:SS`, with a fraction cut to the column's digits. */
export const toTime: Conversion = (type, { fractionDigits }) =>
  type === 'string'
    ? (value) => {
        const match = typeof value === 'string' ? TIME.exec(value) : null;
        if (match === null) {
          return new Rejection('type', `${excerpt(value)} is not a time of day (HH:MM:SS)`);
        }
        const [, hour, minute, second = '00', fraction = ''] = match;
        const cut = fraction.slice(0, fractionDigits);

        return `${hour}:${minute}:${second}${cut === '' ? '' : `.${cut}`}`;
      }
    : undefined;

export const toYear: Conversion = (type) =>
  type === 'string' || type === 'integer' || type === 'number'
    ? (value) => {
        const text = wholeNumber(value);
        if (text === undefined) {
          return notA('integer', value);
        }
        const year = Number(text);

        return year < YEARS[0] || year > YEARS[1]
          ? new Rejection('range', `${excerpt(value)} is out of range; the column takes ${YEARS[0]} to ${YEARS[1]}`)
          : text;
      }
    : undefined;

function dated(
  type: MetadataType,
  zone: Offset,
  range: keyof typeof RANGES,
  write: (time: DateTime) => string,
): Convert | undefined {
  if (type !== 'datetime' && type !== 'string') {
    return undefined;
  }
  const [min, max] = RANGES[range];

  return (value) => {
    const time = timeOf(value, zone);
    if (time === undefined) {
      return notA('datetime', value);
    }

    return time.utcMs < min || time.utcMs > max
      ? new Rejection('range', `${excerpt(value)} is out of range for a ${range}`)
      : write(time);
  };
}

function timeOf(value: unknown, zone: Offset): DateTime | undefined {
  if (isExactNumber(value)) {
    return undefined;
  }

  return typeof value === 'string' || typeof value === 'number' ? parseDateTime(value, zone) : undefined;
}
