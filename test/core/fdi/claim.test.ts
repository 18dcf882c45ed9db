import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { claimOf, inOrder } from '../../../core/fdi/claim.ts';
import { bareRecord } from './stream-records.ts';

test('a claim knows the first and last sequence number, the records and their bytes', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: 'binary' }), { minLength: 1 }), (texts) => {
      const claim = claimOf(texts.map((text, at) => bareRecord(at + 9, text)));

      expect(claim).toEqual({
        first: '9'.padStart(64, '0'),
        last: String(texts.length + 8).padStart(64, '0'),
        records: texts.length,
        bytes: texts.reduce((sum, text) => sum + Buffer.byteLength(text), 0),
      });
    }),
  );
});

test('records are brought into the order of their numbers, not of their texts', () => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.bigInt({ min: 0n, max: 10n ** 40n })), (numbers) => {
      const records = numbers
        .map((number) => bareRecord(Number(number % 10n), 'x'))
        .map((one, at) => ({
          kinesis: { ...one.kinesis, sequenceNumber: String(numbers[at]) },
        }));
      const sorted = numbers.toSorted((a, b) => (a < b ? -1 : 1)).map(String);

      expect(inOrder(records).map(({ kinesis }) => kinesis.sequenceNumber)).toEqual(sorted);
    }),
  );
});

test('records that are in order stay the list they are', () => {
  const records = [bareRecord(1, 'a'), bareRecord(2, 'b'), bareRecord(10, 'c')];

  expect(inOrder(records)).toBe(records);
});
