import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { dateTimeText, parseDateTime } from '../../../core/fdi/date-time.ts';

const shanghai = () => 480;
const read = (value: string | number) => {
  const time = parseDateTime(value, shanghai);

  return time && dateTimeText(time, 6);
};

test.each([
  ['2026-11-01T08:30:00Z', '2026-11-01 08:30:00.000000'],
  ['2026-11-01T08:30:00+08:00', '2026-11-01 00:30:00.000000'],
  ['2026-11-01 08:30:00.5 -0330', '2026-11-01 12:00:00.500000'],
  ['2026-11-01T08:30:00,123456789Z', '2026-11-01 08:30:00.123456'],
  ['2026-11-01T08:30', '2026-11-01 00:30:00.000000'],
  ['20261101T083000', '2026-11-01 00:30:00.000000'],
  ['20261101T083000Z', '2026-11-01 08:30:00.000000'],
  ['20261101083000', '2026-11-01 00:30:00.000000'],
  ['2026/11/01 08:30:00', '2026-11-01 00:30:00.000000'],
  ['2026-11-01', '2026-10-31 16:00:00.000000'],
  ['2024-02-29T00:00:00+08', '2024-02-28 16:00:00.000000'],
])('%s is %s in UTC; without an offset the zone of the source counts', (text, utc) => {
  expect(read(text)).toBe(utc);
});

test.each([
  '',
  'yesterday',
  '2026-02-30',
  '2025-02-29T00:00:00Z',
  '2026-13-01',
  '2026-11-01T24:00:00Z',
  '2026-11-01T08:60:00Z',
  '2026-11-01T08:30:60Z',
  '1793520000000',
  '2026-11-01T08:30:00X',
])('%j is no date', (text) => {
  expect(read(text)).toBeUndefined();
});

test('a number is milliseconds since 1970; fractions and what no clock shows are none', () => {
  expect(read(1_793_520_000_123)).toBe('2026-11-01 08:00:00.123000');
  expect(read(-1)).toBe('1969-12-31 23:59:59.999000');
  expect([read(0.5), read(1e16), read(Number.NaN)]).toEqual([undefined, undefined, undefined]);
});

test('a day keeps its text', () => {
  expect(parseDateTime('2026-11-01', shanghai)?.day).toBe('2026-11-01');
  expect(parseDateTime('20261101', shanghai)?.day).toBe('2026-11-01');
  expect(parseDateTime('2026-11-01T00:00', shanghai)).not.toHaveProperty('day');
});

test('every point in time of a four-digit year is written, and read again, to the digit', () => {
  const moments = fc.date({
    min: new Date('0001-01-01'),
    max: new Date('9999-12-31T23:59:59.999Z'),
    noInvalidDate: true,
  });

  fc.assert(
    fc.property(moments, fc.nat({ max: 6 }), (moment, digits) => {
      const iso = moment.toISOString();
      const time = parseDateTime(iso, shanghai);

      expect(time?.utcMs).toBe(moment.getTime());
      const whole = `${iso.slice(0, 23)}000`.replace('T', ' ');
      expect(time && dateTimeText(time, digits)).toBe(digits === 0 ? whole.slice(0, 19) : whole.slice(0, 20 + digits));
    }),
  );
});
