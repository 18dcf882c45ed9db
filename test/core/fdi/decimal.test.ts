import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { decimalText, parseDecimal, roundDecimal } from '../../../core/fdi/decimal.ts';

test.each([
  ['1e3', 0, '1000'],
  ['-0.005', 2, '-0.01'],
  ['-0.004', 2, '0.00'],
  ['9.995', 2, '10.00'],
  ['12e-1', 0, '1'],
  ['007', 2, '7'],
])('%s rounded to %d digits is %s', (text, scale, expected) => {
  const decimal = parseDecimal(text);

  expect(decimal && decimalText(roundDecimal(decimal, scale))).toBe(expected);
});

test.each(['', '.5', '1.', '1e', 'abc', '0x1', '1e9999', '9'.repeat(1001)])('%j is no decimal', (text) => {
  expect(parseDecimal(text)).toBeUndefined();
});

test('a number of JavaScript keeps its value', () => {
  fc.assert(
    fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (number) => {
      const decimal = parseDecimal(String(number));

      expect(decimal && Number(decimalText(decimal)) + 0).toBe(number + 0);
    }),
  );
});
