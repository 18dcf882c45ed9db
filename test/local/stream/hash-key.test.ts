import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { evenRanges, HASH_KEY_SPACE, hashKeyOf, rangeOf } from '../../../local/stream/hash-key.ts';

test('a partition key is hashed with MD5', () => {
  expect(hashKeyOf('a').toString(16)).toBe('cc175b9c0f1b6a831c399e269772661');
});

test('the ranges of any number of shards cover every hash key once', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 500 }), (count) => {
      const ranges = evenRanges(count);

      expect(ranges).toHaveLength(count);
      expect(ranges[0]?.start).toBe(0n);
      expect(ranges.at(-1)?.end).toBe(HASH_KEY_SPACE - 1n);
      ranges.slice(1).forEach((range, index) => {
        expect(range.start).toBe((ranges[index]?.end as bigint) + 1n);
      });
    }),
  );
});

test('the range found for a hash key holds it', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 50 }), fc.bigInt({ min: 0n, max: HASH_KEY_SPACE - 1n }), (count, key) => {
      const found = rangeOf(
        evenRanges(count).map((range) => ({ range })),
        key,
      );

      expect(found !== undefined && found.range.start <= key && key <= found.range.end).toBe(true);
    }),
  );
});
