import { expect, test } from '@jest/globals';
import { moment } from '../../cli/time.ts';

const NOW = Date.parse('2026-04-01T12:00:00Z');

test.each([
  ['30s', '2026-04-01T11:59:30.000Z'],
  ['10m', '2026-04-01T11:50:00.000Z'],
  ['2h', '2026-04-01T10:00:00.000Z'],
  ['1d', '2026-03-31T12:00:00.000Z'],
  ['0s', '2026-04-01T12:00:00.000Z'],
  ['2026-03-01', '2026-03-01T00:00:00.000Z'],
  ['2026-03-01T08:30', '2026-03-01T08:30:00.000Z'],
  ['2026-03-01 08:30:15.5Z', '2026-03-01T08:30:15.500Z'],
  ['2026-03-01T08:30:00+02:00', '2026-03-01T06:30:00.000Z'],
])('%s is %s', (value, expected) => {
  expect(new Date(moment(() => NOW)(value)).toISOString()).toBe(expected);
});

test.each(['', 'yesterday', '10', '10x', '-5m', '2026-13-01', '12:00', '1.5h'])('%j is no moment', (value) => {
  expect(() => moment(() => NOW)(value)).toThrow('Allowed: how long ago, such as 30s');
});
