import { InvalidArgumentError } from 'commander';

const UNITS: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/**
 * A moment as people say it: `10m` ago (`s`, `m`, `h`, `d`), or ISO 8601, read as UTC where no offset is given. Answers milliseconds since
 * 1970.
 */
export function moment(now: () => number = Date.now): (value: string) => number {
  return (value) => {
    const [, count, unit] = /^(\d{1,6})([smhd])$/.exec(value) ?? [];
    const iso = /^\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2}(\.\d{1,3})?)?(Z|[+-]\d{2}:?\d{2})?)?$/.exec(value);
    const offset = iso?.[4] !== undefined || iso?.[1] === undefined ? '' : 'Z';
    const time =
      unit !== undefined
        ? now() - Number(count) * (UNITS[unit] as number)
        : iso === null
          ? Number.NaN
          : Date.parse(`${value.replace(' ', 'T')}${offset}`);
    if (Number.isNaN(time)) {
      throw new InvalidArgumentError(
        'Allowed: how long ago, such as 30s, 10m, 2h or 1d, or a time such as 2026-04-01T12:00:00Z.',
      );
    }
    return time;
  };
}
