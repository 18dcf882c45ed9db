import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { compareSequences, paddedSequence } from '../../../core/mqs/sequence-number.ts';

test('padded, the order of texts is the order of numbers', () => {
  const number = fc.bigInt({ min: 0n, max: 10n ** 56n });
  fc.assert(
    fc.property(number, number, (a, b) => {
      const order = a < b ? -1 : Number(a > b);

      expect(paddedSequence(String(a))).toHaveLength(64);
      expect(compareSequences(String(a), String(b))).toBe(order);
      expect(paddedSequence(String(a)) < paddedSequence(String(b))).toBe(order < 0);
    }),
  );
});
