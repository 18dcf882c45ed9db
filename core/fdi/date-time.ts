import type { Offset } from './time-zone.ts';

/** A point in time (UTC), or a day when the text named no time of day. */
export interface DateTime {
  /** Milliseconds since 1970 (UTC); of a day, its midnight in the source's time zone. */
  readonly utcMs: number;
  /** Microseconds beyond `utcMs`, 0 to 999. */
  readonly micros: number;
  /** `YYYY-MM-DD` as it was written, when only a day was. */
  readonly day?: string;
}

const DATE = String.raw`(\d{4})(?:-(\d{2})-(\d{2})|/(\d{2})/(\d{2})|(\d{2})(\d{2}))`;
const TIME = String.raw`(\d{2}):?(\d{2})(?::?(\d{2})(?:[.,](\d{1,9}))?)?`;
const ZONE = String.raw`(Z|z|[+-]\d{2}(?::?\d{2})?)`;
const DATE_TIME = new RegExp(`^${DATE}(?:[T ]?${TIME}\\s?${ZONE}?)?$`);
const MINUTE_MS = 60_000;
/** The usual column keeps milliseconds, of every record. */
const THOUSANDTHS: readonly string[] = Array.from({ length: 1000 }, (_, ms) => String(ms).padStart(3, '0'));
const MAX_MS = 8.64e15;

/**
 * Reads a date and time: ISO 8601 in its extended (`2026-11-01T08:30:00.5+08:00`) or basic form (`20261101T083000Z`), with a space
 * or nothing for the `T`, a day alone, or milliseconds since 1970 as a number. Without an offset the source's time zone counts.
 *
 * @returns undefined when it is none of these or no day of the calendar
 */
export function parseDateTime(value: string | number, zone: Offset): DateTime | undefined {
  if (typeof value === 'number') {
    return Number.isInteger(value) && Math.abs(value) <= MAX_MS ? { utcMs: value, micros: 0 } : undefined;
  }
  const match = DATE_TIME.exec(value);
  if (match === null) {
    return undefined;
  }
  const [, year, m1, d1, m2, d2, m3, d3, hour, minute, second, fraction, offset] = match;
  const [month, day] = [m1 ?? m2 ?? m3, d1 ?? d2 ?? d3];
  const clock = Number(hour ?? 0) * 60 + Number(minute ?? 0);
  const seconds = Number(second ?? 0);
  const localDay = dayMs(Number(year), Number(month), Number(day));
  if (localDay === undefined || clock >= 1440 || Number(minute ?? 0) > 59 || seconds > 59) {
    return undefined;
  }
  const micros = Number((fraction ?? '').slice(0, 6).padEnd(6, '0'));
  const local = localDay + clock * MINUTE_MS + seconds * 1000 + Math.trunc(micros / 1000);
  const shift = offset === undefined ? zone(local) : offsetMinutes(offset);
  const utc = { utcMs: local - shift * MINUTE_MS, micros: micros % 1000 };

  return hour === undefined ? { ...utc, day: `${year}-${month}-${day}` } : utc;
}

/**
 * `YYYY-MM-DD HH:MM:SS` in UTC with so many fraction digits (0 to 6). What is finer is cut, not rounded: an event must not move into
 * the next second.
 */
export function dateTimeText({ utcMs, micros }: DateTime, digits: number): string {
  const second = Math.floor(utcMs / 1000);
  const text = secondText(second);
  if (digits === 0) {
    return text;
  }
  const ms = utcMs - second * 1000;
  if (digits === 3) {
    return `${text}.${THOUSANDTHS[ms]}`;
  }
  const fraction = String(ms * 1000 + micros).padStart(6, '0');

  return `${text}.${fraction.slice(0, digits)}`;
}

let lastSecond = Number.NaN;
let lastText = '';

/** Events come in the order of their time: most share their second with the one before, and formatting it was a fifth of reading a record. */
function secondText(second: number): string {
  if (second !== lastSecond) {
    const iso = new Date(second * 1000).toISOString();
    lastSecond = second;
    lastText = `${iso.slice(0, 10)} ${iso.slice(11, 19)}`;
  }

  return lastText;
}

function dayMs(year: number, month: number, day: number): number | undefined {
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);

  return date.getUTCFullYear() === year && date.getUTCMonth() === month - 1 && date.getUTCDate() === day
    ? date.getTime()
    : undefined;
}

function offsetMinutes(offset: string): number {
  if (offset === 'Z' || offset === 'z') {
    return 0;
  }
  const digits = offset.replace(':', '');
  const minutes = Number(digits.slice(1, 3)) * 60 + Number(digits.slice(3) || 0);

  return digits.startsWith('-') ? -minutes : minutes;
}
