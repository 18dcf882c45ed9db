import { Cron } from 'croner';
import { AwsError } from '../errors.ts';

export interface Schedule {
  readonly name: string;
  readonly arn: string;
  readonly expression: ScheduleExpression;
  readonly enabled: boolean;
  /** Nothing is due before it, and nothing after `end`. Milliseconds since the epoch. */
  readonly start?: number;
  readonly end?: number;
  /** How long after it is due it may be called; any moment of it. Milliseconds. */
  readonly window?: number;
  readonly target: {
    readonly arn: string;
    readonly roleArn: string;
    /** JSON text; AWS's own event without it. */
    readonly input?: string;
  };
}

/** When something is due. */
export interface ScheduleExpression {
  /** The first time after this one; undefined when there is none any more. Milliseconds since the epoch. */
  next(after: number): number | undefined;
}

/** The first time after this one that a schedule is due; undefined when there is none any more. */
export function nextDue({ expression, start, end }: Schedule, after: number): number | undefined {
  // What is due at the start itself counts.
  const due = expression.next(start === undefined ? after : Math.max(after, start - 1));

  return due === undefined || (end !== undefined && due > end) ? undefined : due;
}

const UNITS = { minute: 60_000, hour: 3_600_000, day: 86_400_000 } as const;
const RATE = /^rate\((\d+) (minute|hour|day)s?\)$/;
const CRON = /^cron\((\S+) (\S+) (\S+) (\S+) (\S+) (\S+)\)$/;
/** The greatest value of each field of a cron expression. */
const LAST = [59, 23, 31, 12, 7, 2199] as const;
const AT = /^at\((\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)\)$/;

/**
 * `rate(…)`, `cron(…)` or `at(…)`, as EventBridge Scheduler reads them. A rate counts from 1970, not from when the schedule was made: a
 * restart moves nothing. Throws `AwsError` ValidationException.
 * Ref: scheduler/latest/UserGuide/schedule-types
 *
 * @param timeZone of `cron` and `at`: `UTC`, `Europe/Berlin`
 */
export function scheduleExpression(text: string, timeZone = 'UTC'): ScheduleExpression {
  const [, amount, unit] = RATE.exec(text) ?? [];
  if (amount !== undefined && unit !== undefined && Number(amount) > 0) {
    const step = Number(amount) * UNITS[unit as keyof typeof UNITS];

    return { next: (after) => (Math.floor(after / step) + 1) * step };
  }
  const pattern = AT.exec(text)?.[1] ?? cronPattern(CRON.exec(text)?.slice(1));
  if (pattern === undefined) throw invalid(text);
  try {
    const cron = new Cron(pattern, { timezone: timeZone, paused: true });

    return { next: (after) => cron.nextRun(new Date(after))?.getTime() };
  } catch {
    throw invalid(text);
  }
}

/** AWS counts the days of the week from 1, Sunday, and has no seconds; the year comes last in both. */
function cronPattern(fields: readonly string[] | undefined): string | undefined {
  if (fields === undefined) return undefined;
  const [minutes, hours, day, month, weekday = '', year] = fields.map(spelledOut);
  const counted = weekday.replace(/(?<![#\d])[1-7](?!\d)/g, (number) => String(Number(number) - 1));

  return `0 ${minutes} ${hours} ${day} ${month} ${counted} ${year}`;
}

/** `0/15` is from 0 on, every 15; croner wants the end of the range too. */
function spelledOut(field: string, place: number): string {
  return field.replace(/^(\d+)\/(\d+)$/, `$1-${LAST[place]}/$2`);
}

function invalid(text: string): AwsError {
  return new AwsError('ValidationException', `Invalid Schedule Expression ${text}.`);
}
