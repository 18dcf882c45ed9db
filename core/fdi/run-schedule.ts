import { InvalidSetting } from '../errors.ts';
import { type Offset, timeZoneOffset } from './time-zone.ts';

export type ScheduleUnit = 'seconds' | 'minutes' | 'hours' | 'days' | 'weeks' | 'months';

/** When a task runs by itself. */
export interface TaskSchedule {
  /** Every so many of one unit. `seconds`: the source is followed, by its increment. */
  readonly every?: { readonly [unit in ScheduleUnit]?: number };
  /** EventBridge's six fields in place of it: `0 2 * * ? *` is two o'clock every night. */
  readonly cron?: string;
  /** In which its times are meant: `GMT+8`, `Europe/Berlin`. */
  readonly timeZone: string;
  /** `YYYY-MM-DDTHH:MM` in that zone: the first time, from which `every` counts. */
  readonly startAt?: string;
}

/** What EventBridge Scheduler is told. */
export interface SchedulerExpression {
  readonly expression: string;
  readonly timeZone: string;
}

interface LocalTime {
  readonly year: number;
  /** 1 to 12. */
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  /** As if the zone were UTC. */
  readonly ms: number;
}

const LARGEST: Readonly<Record<ScheduleUnit, number>> = {
  seconds: 59,
  minutes: 1440,
  hours: 744,
  days: 366,
  weeks: 52,
  months: 12,
};
const [MINUTE_MS, HOUR_MS, DAY_MS] = [60_000, 3_600_000, 86_400_000];
const START = /^(\d{4})-(\d{2})-(\d{2})T(\d{2}):(\d{2})$/;
/** A Monday, midnight: what `every` counts from without a start. */
const ANCHOR = '2024-01-01T00:00';
const CRON_FIELDS = 6;
const WEEKDAYS = ['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT'];
/** Every month has them. */
const LAST_DAY = 28;

/** @throws InvalidSetting naming what cannot be scheduled */
export function checkSchedule(schedule: TaskSchedule, where: string): void {
  const { every, cron, startAt } = schedule;
  if ((every === undefined) === (cron === undefined)) {
    throw new InvalidSetting(where, schedule, 'either `every`, such as { minutes: 5 }, or `cron`');
  }
  if (every !== undefined) {
    const { unit, count } = stepOf(every, where);
    if (unit === 'months' && localTime(startAt ?? ANCHOR, where).day > LAST_DAY) {
      throw new InvalidSetting(`${where}.startAt`, startAt, `a day from 1 to ${LAST_DAY}, which every month has`);
    }
    if (!Number.isInteger(count) || count < 1 || count > LARGEST[unit]) {
      throw new InvalidSetting(`${where}.every.${unit}`, count, `a whole number from 1 to ${LARGEST[unit]}`);
    }
  }
  if (cron !== undefined && cron.trim().split(/\s+/).length !== CRON_FIELDS) {
    throw new InvalidSetting(
      `${where}.cron`,
      cron,
      'six fields: minutes, hours, day of the month, month, day of the week, year, such as `0 2 * * ? *`',
    );
  }
  if (startAt !== undefined) {
    localTime(startAt, `${where}.startAt`);
  }
  timeZoneOffset(schedule.timeZone, `${where}.timeZone`);
  schedulerZone(schedule.timeZone, `${where}.timeZone`);
}

/**
 * The schedule in EventBridge's words: always a cron expression, since a rate knows neither time zones nor a beginning that has passed
 * (decision 0016). Where cron cannot say it (every 7 minutes, every other week), it is due more often, and `isDue` tells which of these count.
 */
export function schedulerExpression(schedule: TaskSchedule): SchedulerExpression {
  const timeZone = schedulerZone(schedule.timeZone, 'timeZone');

  return { expression: `cron(${schedule.every === undefined ? schedule.cron : cronOf(schedule)})`, timeZone };
}

/** How many seconds lie between two looks at a source that is followed; undefined of other schedules. */
export function followSeconds(schedule: TaskSchedule | undefined): number | undefined {
  return schedule?.every?.seconds;
}

/** Whether a time at which EventBridge called is one of the schedule's. @param due milliseconds since 1970 */
export function isDue(schedule: TaskSchedule, due: number): boolean {
  const zone = timeZoneOffset(schedule.timeZone, 'timeZone');
  const anchor = localTime(schedule.startAt ?? ANCHOR, 'startAt');
  const start = utcOf(anchor.ms, zone);
  if (schedule.startAt !== undefined && due < start) {
    return false;
  }
  if (schedule.every === undefined) {
    return true;
  }
  const { unit, count } = stepOf(schedule.every, 'every');
  const minutes = Math.floor((due - start) / MINUTE_MS);
  const local = localOf(due, zone);
  const days = Math.floor(local.ms / DAY_MS) - Math.floor(anchor.ms / DAY_MS);
  switch (unit) {
    case 'seconds':
      return true;
    case 'minutes':
      return 60 % count === 0 || minutes % count === 0;
    case 'hours':
      return 24 % count === 0 || Math.floor((due - start) / HOUR_MS) % count === 0;
    case 'days':
      return days % count === 0;
    case 'weeks':
      return Math.floor(days / 7) % count === 0;
    case 'months':
      return (local.year * 12 + local.month - anchor.year * 12 - anchor.month) % count === 0;
  }
}

/** In words: `every 5 minutes`, `cron 0 2 * * ? * (GMT+8)`. */
export function scheduleText({ every, cron, timeZone }: TaskSchedule): string {
  if (every === undefined) {
    return `cron ${cron} (${timeZone})`;
  }
  const { unit, count } = stepOf(every, 'every');

  return count === 1 ? `every ${unit.slice(0, -1)}` : `every ${count} ${unit}`;
}

function cronOf({ every = {}, startAt = ANCHOR }: TaskSchedule): string {
  const { unit, count } = stepOf(every, 'every');
  const { month, day, hour, minute, ms } = localTime(startAt, 'startAt');
  switch (unit) {
    case 'seconds':
      // EventBridge knows no less than a minute: each call looks until the next one.
      return '* * * * ? *';
    case 'minutes':
      return `${stepped(minute, greatestDivisor(count, 60), 60)} * * * ? *`;
    case 'hours':
      // A change of the clocks moves what does not divide a day against the hours of the day.
      return `${minute} ${24 % count === 0 ? stepped(hour, count, 24) : '*'} * * ? *`;
    case 'days':
      return `${minute} ${hour} * * ? *`;
    case 'weeks':
      return `${minute} ${hour} ? * ${WEEKDAYS[new Date(ms).getUTCDay()]} *`;
    case 'months':
      return `${minute} ${hour} ${day} ${12 % count === 0 ? monthsOf(month, count) : '*'} ? *`;
  }
}

function stepped(first: number, step: number, whole: number): string {
  if (step === 1) {
    return '*';
  }

  return step === whole ? String(first) : `${first % step}/${step}`;
}

function monthsOf(first: number, count: number): string {
  const months = Array.from({ length: 12 / count }, (_, index) => ((first - 1 + index * count) % 12) + 1);

  return count === 1 ? '*' : months.sort((a, b) => a - b).join(',');
}

function stepOf(every: NonNullable<TaskSchedule['every']>, where: string): { unit: ScheduleUnit; count: number } {
  const given = Object.entries(every).filter(([, count]) => count !== undefined);
  const [[unit, count] = ['', 0]] = given;
  if (given.length !== 1 || !Object.hasOwn(LARGEST, unit)) {
    throw new InvalidSetting(`${where}.every`, every, `one of ${Object.keys(LARGEST).join(', ')}`);
  }

  return { unit: unit as ScheduleUnit, count };
}

function localTime(text: string, where: string): LocalTime {
  const [, year, month, day, hour, minute] = (START.exec(text) ?? []).map(Number);
  const ms = Date.UTC(year ?? 0, (month ?? 0) - 1, day, hour, minute);
  if (year === undefined || Number.isNaN(ms) || new Date(ms).toISOString().slice(0, 16) !== text) {
    throw new InvalidSetting(where, text, 'YYYY-MM-DDTHH:MM in the time zone, such as 2026-12-01T02:00');
  }

  return timeFields(ms);
}

function localOf(utcMs: number, zone: Offset): LocalTime {
  // The offset is asked by wall clock: a guess by UTC's, then by what that gives.
  const guess = utcMs + zone(utcMs) * MINUTE_MS;

  return timeFields(utcMs + zone(guess) * MINUTE_MS);
}

function utcOf(localMs: number, zone: Offset): number {
  return localMs - zone(localMs) * MINUTE_MS;
}

function timeFields(ms: number): LocalTime {
  const date = new Date(ms);

  return {
    year: date.getUTCFullYear(),
    month: date.getUTCMonth() + 1,
    day: date.getUTCDate(),
    hour: date.getUTCHours(),
    minute: date.getUTCMinutes(),
    ms,
  };
}

function greatestDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestDivisor(b, a % b);
}

/** The tz database counts its fixed zones the other way round: `GMT+8` is `Etc/GMT-8`. It has none with minutes. */
function schedulerZone(zone: string, where: string): string {
  const fixed = /^(?:UTC|GMT)(?:([+-])(\d{1,2})(?::?(\d{2}))?)?$/i.exec(zone);
  if (fixed === null) {
    return zone;
  }
  const [, sign, hours = '0', minutes = '00'] = fixed;
  if (minutes !== '00') {
    throw new InvalidSetting(where, zone, 'whole hours, or the name of a zone, such as `Asia/Kolkata`');
  }

  return Number(hours) === 0 ? 'UTC' : `Etc/GMT${sign === '-' ? '+' : '-'}${Number(hours)}`;
}
