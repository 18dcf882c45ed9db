import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type Delivery, deliver, isBad, killAt, message, POINTS, withConsumer } from './crashes.ts';
import { findings } from './delivered.ts';
import { HISTORY_TASK, parking, SPACES_TASK } from './parking.ts';

const lot = parking();

test.each(POINTS.map((point) => [point[0], point] as const))(
  'killed %s, the next instance leaves every row exactly once',
  async (_, point) => {
    await withConsumer(lot, HISTORY_TASK, async (consumer) => {
      await consumer.invoke({ records: [1, 2].map(message) });
      killAt(lot, consumer, point);

      expect(await consumer.invoke({ records: [2, 3, 4].map(message) })).toBe('killed');
      expect(await consumer.invoke({ records: [2, 3, 4, 5].map(message) })).toBe('');

      expect(await findings(lot, 5)).toEqual({});
    });
  },
  20_000,
);

const BATCHES = [
  ['rows', [3]],
  ['rows and bad records', [3, 4]],
  ['bad records', [4]],
] as const;

test.each(
  POINTS.filter(([name]) => name.includes('the rows')).flatMap((point) =>
    BATCHES.map(([what, batch]) => [point[0], what, batch, point] as const),
  ),
)(
  'killed %s in the one statement of %s, the next instance leaves every row exactly once',
  async (_, __, batch, point) => {
    await withConsumer(lot, HISTORY_TASK, async (consumer) => {
      await consumer.invoke({ records: [1, 2, 3].slice(0, batch[0] - 1).map(message) });
      lot.calls.length = 0;
      killAt(lot, consumer, point);

      expect(await consumer.invoke({ records: batch.map(message) })).toBe('killed');
      expect(lot.calls.map(({ sql }) => sql.includes('causeway.advance'))).toEqual([true]);
      expect(await consumer.invoke({ records: [3, 4, 5].map(message) })).toBe('');

      expect(await findings(lot, 5)).toEqual({});
    });
  },
  20_000,
);

const delivery: fc.Arbitrary<Delivery> = fc.record({
  take: fc.integer({ min: 1, max: 40 }),
  again: fc.integer({ min: 0, max: 25 }),
  killed: fc.option(fc.constantFrom(...POINTS), { freq: 2 }),
});
const RECORDS = 100;

const sequences = fc.noShrink(fc.infiniteStream(delivery));

test('whatever the boundaries and wherever it is killed: every message once, in order, all counts exact', async () => {
  await fc.assert(
    fc.asyncProperty(sequences, async (deliveries) => {
      await lot.reset();
      await withConsumer(lot, HISTORY_TASK, (consumer) => deliver(lot, consumer, RECORDS, deliveries));

      expect(await findings(lot, RECORDS)).toEqual({});
    }),
    { numRuns: 5, endOnFailure: true },
  );
}, 120_000);

test('whatever the boundaries and wherever it is killed: an upserted table holds the newest event of each key', async () => {
  await fc.assert(
    fc.asyncProperty(sequences, async (deliveries) => {
      await lot.reset();
      await withConsumer(lot, SPACES_TASK, (consumer) => deliver(lot, consumer, RECORDS, deliveries));

      const newest = new Map<string, number>();
      for (let n = 1; n <= RECORDS; n += 1) {
        const key = `S-${n % 7}`;
        const kept = newest.get(key);
        if (!isBad(n) && (kept === undefined || n % 13 >= kept % 13)) {
          newest.set(key, n);
        }
      }
      expect(await lot.query('SELECT DeviceId AS d, Status AS s FROM ParkingData ORDER BY DeviceId')).toEqual(
        [...newest].sort().map(([d, n]) => ({ d, s: String(n) })),
      );
    }),
    { numRuns: 3, endOnFailure: true },
  );
}, 120_000);
