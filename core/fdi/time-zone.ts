import { InvalidSetting } from '../errors.ts';

/** Minutes east of UTC at a local wall-clock time (given as if it were UTC, in ms). */
export type Offset = (localMs: number) => number;

const FIXED = /^(?:UTC|GMT)(?:([+-])(\d{1,2})(?::?(\d{2}))?)?$/i;
const MINUTE_MS = 60_000;

/**
 * How far a time zone is from UTC. `GMT+8` is east of Greenwich, as the reference system writes it (and not as
 * the tz database's `Etc/GMT+8`).
 *
 * @throws InvalidSetting when there is no such zone
 */
export function timeZoneOffset(zone: string, where: string): Offset {
  const fixed = FIXED.exec(zone);
  if (fixed !== null) {
    const minutes = Number(fixed[2] ?? 0) * 60 + Number(fixed[3] ?? 0);
    if (minutes > 14 * 60 || Number(fixed[3] ?? 0) > 59) {
      throw noZone(where, zone);
    }
    const offset = fixed[1] === '-' ? -minutes : minutes;

    return () => offset;
  }

  return namedOffset(zone, where);
}

/** Reads the zone's clock twice: once to guess, once to correct the guess where it crossed a change of clocks. */
function namedOffset(zone: string, where: string): Offset {
  const format = formatOf(zone, where);
  const offsetAt = (utcMs: number): number => (wallClock(format, utcMs) - utcMs) / MINUTE_MS;

  return (localMs) => offsetAt(localMs - offsetAt(localMs) * MINUTE_MS);
}

function formatOf(zone: string, where: string): Intl.DateTimeFormat {
  try {
    return new Intl.DateTimeFormat('en-US', {
      timeZone: zone,
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    });
  } catch {
    throw noZone(where, zone);
  }
}

function wallClock(format: Intl.DateTimeFormat, utcMs: number): number {
  const whole = Math.floor(utcMs / 1000) * 1000;
  const parts: Record<string, number> = {};
  for (const { type, value } of format.formatToParts(whole)) {
    parts[type] = Number(value);
  }
  const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = parts;

  return Date.UTC(year, month - 1, day, hour, minute, second) + (utcMs - whole);
}

function noZone(where: string, received: string): InvalidSetting {
  return new InvalidSetting(
    where,
    received,
    '`UTC`, an offset such as `GMT+8`, or a tz database name such as `Europe/Berlin`',
  );
}
