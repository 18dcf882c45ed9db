import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { parseSequenceNumber, sequenceNumbers } from '../../../local/stream/sequence-number.ts';

const parts = {
  shardCreated: fc.integer({ min: 1_600_000_000, max: 4_000_000_000 }),
  shardIndex: fc.integer({ min: 0, max: 100_000 }),
  counter: fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER }),
  arrived: fc.integer({ min: 1_600_000_000, max: 4_000_000_000 }),
};

test('a sequence number says which record of which shard it is', () => {
  fc.assert(
    fc.property(fc.record(parts), ({ shardCreated, shardIndex, counter, arrived }) => {
      const text = sequenceNumbers(shardCreated, shardIndex)(counter, arrived * 1000 + 999);

      expect(text).toMatch(/^\d{56}$/);
      expect(parseSequenceNumber(text)).toEqual({ shardCreated, shardIndex, counter, arrived });
    }),
  );
});

test('a later record has the greater number, as text too, even when the clock went back', () => {
  fc.assert(
    fc.property(parts.counter, parts.arrived, parts.arrived, (counter, earlier, later) => {
      const write = sequenceNumbers(1_700_000_000, 3);

      expect(write(counter, earlier * 1000) < write(counter + 1, later * 1000)).toBe(true);
    }),
  );
});

test("a child's numbers are greater than every one of its parent", () => {
  const parent = sequenceNumbers(1_700_000_000, 4_000)(Number.MAX_SAFE_INTEGER, 4e12);

  expect(parent < sequenceNumbers(1_700_000_001, 4_001)(0, 1_700_000_001_000)).toBe(true);
});

test.each(['', '0', '12', 'x'.repeat(56), `1${'0'.repeat(55)}`, `49${'1'.repeat(55)}`])(
  '%j is no sequence number',
  (text) => {
    expect(parseSequenceNumber(text)).toBeUndefined();
  },
);
