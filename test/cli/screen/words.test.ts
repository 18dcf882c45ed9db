import { expect, test } from '@jest/globals';
import { bytesText, countText, millisecondsText } from '../../../cli/screen/words.ts';

test.each([
  [0, '0'],
  [999, '999'],
  [1000, '1 000'],
  [1234567, '1 234 567'],
])('%d is counted as %j', (value, shown) => {
  expect(countText(value)).toBe(shown);
});

test.each([
  [0, '0 B'],
  [999, '999 B'],
  [1000, '1.0 kB'],
  [45_600_000, '45.6 MB'],
  [2 * 10 ** 18, '2000000.0 TB'],
])('%d bytes are %j', (value, shown) => {
  expect(bytesText(value)).toBe(shown);
});

test('milliseconds that nobody measured are a dash', () => {
  expect([null, undefined, 0.4, 1499.6].map(millisecondsText)).toEqual(['-', '-', '0 ms', '1 500 ms']);
});
