import { expect, test } from '@jest/globals';
import { scheduleExpression } from '../../../local/scheduler/schedule.ts';

/** A Tuesday. */
const NOW = Date.parse('2026-11-24T08:00:30Z');
const nextOf = (text: string, zone?: string) => {
  const next = scheduleExpression(text, zone).next(NOW);

  return next === undefined ? undefined : new Date(next).toISOString();
};

test.each([
  ['rate(1 minute)', '2026-11-24T08:01:00.000Z'],
  ['rate(5 minutes)', '2026-11-24T08:05:00.000Z'],
  ['rate(1 day)', '2026-11-25T00:00:00.000Z'],
  ['cron(* * * * ? *)', '2026-11-24T08:01:00.000Z'],
  ['cron(0/15 * * * ? *)', '2026-11-24T08:15:00.000Z'],
  ['cron(0 10 ? * 2-6 *)', '2026-11-24T10:00:00.000Z'],
  ['cron(0 10 ? * SUN *)', '2026-11-29T10:00:00.000Z'],
  ['cron(0 10 ? * 1 *)', '2026-11-29T10:00:00.000Z'],
  ['cron(15 10 ? * 6L 2027-2030)', '2027-01-29T10:15:00.000Z'],
  ['cron(0 8 1 * ? *)', '2026-12-01T08:00:00.000Z'],
  ['at(2027-01-01T00:00:00)', '2027-01-01T00:00:00.000Z'],
  ['at(2025-01-01T00:00:00)', undefined],
])('after half past eight o’clock, %s is due at %s', (text, due) => {
  expect(nextOf(text)).toBe(due);
});

test('cron counts in its time zone', () => {
  expect(nextOf('cron(0 10 * * ? *)', 'Europe/Berlin')).toBe('2026-11-24T09:00:00.000Z');
});

test.each(['rate(0 minutes)', 'rate(1 second)', 'cron(* * * *)', 'cron(99 * * * ? *)', 'every minute', ''])(
  '%j is refused',
  (text) => {
    expect(() => scheduleExpression(text)).toThrow(`Invalid Schedule Expression ${text}.`);
  },
);
