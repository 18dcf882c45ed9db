import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { arrivalsOf, keyClaimOf, keyName } from '../../../core/fdi/key-claim.ts';
import { paddedSequence } from '../../../core/mqs/sequence-number.ts';

const record = (sequence: bigint, partitionKey: string, arrivedAt?: number) => ({
  kinesis: {
    data: '',
    sequenceNumber: String(sequence),
    partitionKey,
    ...(arrivedAt !== undefined && { approximateArrivalTimestamp: arrivedAt }),
  },
});

test('keys that a collation holds for one have names of their own, of 22 characters', () => {
  const keys = ['a', 'A', 'a ', 'ä', 'a\u0308', '\u00e4', '', '🚗', '🚙', 'x'.repeat(256), 'x'.repeat(255)];
  const names = keys.map(keyName);

  expect(new Set(names).size).toBe(new Set(keys).size);
  expect(names.every((name) => /^[\w-]{22}$/.test(name))).toBe(true);
  expect(keys.map(keyName)).toEqual(names);
});

test('a claim says of each key, in the order of their names, its first and its last record', () => {
  const start = 49590338271490256608559692538361571095921575989136588898n;
  const sequences = fc.uniqueArray(fc.bigInt({ min: 1n, max: 10_000_000n }), { minLength: 1, maxLength: 40 });

  fc.assert(
    fc.property(
      sequences,
      fc.array(fc.constantFrom('a', 'b', 'c', 'ü'), { minLength: 40, maxLength: 40 }),
      (offsets, keys) => {
        const records = offsets
          .toSorted((a, b) => (a < b ? -1 : 1))
          .map((offset, at) => record(start + offset, String(keys[at])));

        const { base, moves, keys: names } = keyClaimOf(records);

        const read = (JSON.parse(moves) as [string, string, string?][]).map(
          ([key, first, last = first]) => [key, [base + first, base + last]] as const,
        );
        const expected = new Map<string, [string, string]>();
        for (const { kinesis } of records) {
          const [name, sequence] = [keyName(kinesis.partitionKey), paddedSequence(kinesis.sequenceNumber)];
          expected.set(name, [expected.get(name)?.[0] ?? sequence, sequence]);
        }
        expect(new Map(read)).toEqual(expected);
        expect(names).toEqual([...expected.keys()].sort());
        expect(read.map(([key]) => key)).toEqual(names);
      },
    ),
  );
});

test('arrivals are counted by minute: the newest and the one before', () => {
  const at = (seconds: number) => record(1n, 'a', seconds);

  expect(arrivalsOf([at(59.9), at(60), at(119.999), at(120), at(120.5), at(130)])).toEqual({
    minute: 2,
    inMinute: 3,
    inMinuteBefore: 2,
  });
  expect(arrivalsOf([record(1n, 'a')])).toEqual({ minute: 0, inMinute: 1, inMinuteBefore: 0 });
});
