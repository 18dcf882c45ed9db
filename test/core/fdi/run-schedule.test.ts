import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { checkSchedule, isDue, schedulerExpression, type TaskSchedule } from '../../../core/fdi/run-schedule.ts';
import { scheduleExpression } from '../../../local/scheduler/schedule.ts';

const EVERY: readonly [TaskSchedule, string][] = [
  [{ every: { minutes: 1 }, timeZone: 'GMT+8' }, 'cron(* * * * ? *)'],
  [{ every: { seconds: 5 }, timeZone: 'GMT+8' }, 'cron(* * * * ? *)'],
  [{ every: { minutes: 15 }, timeZone: 'GMT+8', startAt: '2026-12-01T00:05' }, 'cron(5/15 * * * ? *)'],
  [{ every: { minutes: 7 }, timeZone: 'UTC' }, 'cron(* * * * ? *)'],
  [{ every: { minutes: 90 }, timeZone: 'UTC' }, 'cron(0/30 * * * ? *)'],
  [{ every: { hours: 6 }, timeZone: 'UTC', startAt: '2026-12-01T02:30' }, 'cron(30 2/6 * * ? *)'],
  [{ every: { days: 1 }, timeZone: 'Europe/Berlin', startAt: '2026-12-01T02:30' }, 'cron(30 2 * * ? *)'],
  [{ every: { weeks: 2 }, timeZone: 'UTC', startAt: '2026-12-01T02:30' }, 'cron(30 2 ? * TUE *)'],
  [{ every: { months: 3 }, timeZone: 'UTC', startAt: '2026-12-05T02:30' }, 'cron(30 2 5 3,6,9,12 ? *)'],
  [{ cron: '0 2 * * ? *', timeZone: 'UTC' }, 'cron(0 2 * * ? *)'],
];

test.each(EVERY)('%j is %s of EventBridge', (schedule, expression) => {
  checkSchedule(schedule, 'task: schedule');

  expect(schedulerExpression(schedule).expression).toBe(expression);
});

test('fixed zones are counted the other way round by EventBridge', () => {
  const zoneOf = (timeZone: string) => schedulerExpression({ every: { days: 1 }, timeZone }).timeZone;

  expect(['GMT+8', 'GMT-5', 'UTC', 'Europe/Berlin'].map(zoneOf)).toEqual([
    'Etc/GMT-8',
    'Etc/GMT+5',
    'UTC',
    'Europe/Berlin',
  ]);
});

test.each([
  [{ timeZone: 'UTC' }, 'either `every`'],
  [{ every: { minutes: 0 }, timeZone: 'UTC' }, 'a whole number from 1 to 1440'],
  [{ every: { seconds: 60 }, timeZone: 'UTC' }, 'a whole number from 1 to 59'],
  [{ every: { minutes: 5, hours: 1 }, timeZone: 'UTC' }, 'one of seconds, minutes, hours'],
  [{ every: { months: 1 }, timeZone: 'UTC', startAt: '2026-12-31T00:00' }, 'a day from 1 to 28'],
  [{ every: { days: 1 }, timeZone: 'Mars/Base' }, 'tz database name'],
  [{ every: { days: 1 }, timeZone: 'GMT+5:30' }, 'whole hours'],
  [{ every: { days: 1 }, timeZone: 'UTC', startAt: '2026-02-30T00:00' }, 'YYYY-MM-DDTHH:MM'],
  [{ cron: '*/5 * * * *', timeZone: 'UTC' }, 'six fields'],
])('%j is refused: %s', (schedule, reason) => {
  expect(() => checkSchedule(schedule as TaskSchedule, 'task: schedule')).toThrow(reason);
});

test('whatever is asked for, EventBridge calls at least at each time that is due, and these are as far apart as was asked', () => {
  const start = Date.parse('2026-12-01T00:05:00Z');
  fc.assert(
    fc.property(
      fc.constantFrom('minutes', 'hours') as fc.Arbitrary<'minutes' | 'hours'>,
      fc.integer({ min: 1, max: 700 }),
      (unit, count) => {
        const schedule: TaskSchedule = { every: { [unit]: count }, timeZone: 'UTC', startAt: '2026-12-01T00:05' };
        const { expression, timeZone } = schedulerExpression(schedule);
        const clock = scheduleExpression(expression, timeZone);
        const step = count * (unit === 'hours' ? 3_600_000 : 60_000);
        const divides = unit === 'hours' ? 24 % count === 0 : 60 % count === 0;
        for (const due of [start, start + step, start + 3 * step]) {
          expect(clock.next(due - 1)).toBe(due);
          expect(isDue(schedule, due)).toBe(true);
        }
        if (!divides) {
          expect(isDue(schedule, start + step - (unit === 'hours' ? 3_600_000 : 60_000))).toBe(
            step === (unit === 'hours' ? 3_600_000 : 60_000),
          );
        }
        expect(isDue(schedule, start - step)).toBe(false);
      },
    ),
  );
});

test('every other week and every fifth month count from the start, in the zone, whatever the clocks do', () => {
  const weeks: TaskSchedule = { every: { weeks: 2 }, timeZone: 'Europe/Berlin', startAt: '2026-10-20T02:30' };
  const months: TaskSchedule = { every: { months: 5 }, timeZone: 'UTC', startAt: '2026-10-20T02:30' };
  const due = (schedule: TaskSchedule, time: string) => isDue(schedule, Date.parse(time));

  expect([
    due(weeks, '2026-10-20T00:30:00Z'),
    due(weeks, '2026-10-27T01:30:00Z'),
    due(weeks, '2026-11-03T01:30:00Z'),
  ]).toEqual([true, false, true]);
  expect([
    due(months, '2027-02-20T02:30:00Z'),
    due(months, '2027-03-20T02:30:00Z'),
    due(months, '2026-05-20T02:30:00Z'),
  ]).toEqual([false, true, false]);
});
