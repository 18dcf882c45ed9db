import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { TopicTask } from '../../../core/fdi/topic-task.ts';
import { Consumer } from './consumer.ts';
import { type DataApiCall, HISTORY_TASK, parking, SPACES_TASK } from './parking.ts';
import { FIRST_TIME, record } from './records.ts';

const lot = parking();

/** Where an instance is killed: around which of a batch's calls, and whether that call was still served. */
const POINTS = [
  ['before its transaction begins', 'before', ({ operation }) => operation === 'BeginTransaction'],
  ['before the position is moved', 'before', isAdvance],
  ['after the position was moved (S1)', 'after', isAdvance],
  ['before the rows are written', 'before', isRows],
  ['after the rows were written (S2)', 'after', isRows],
  ['before the commit', 'before', ({ operation }) => operation === 'CommitTransaction'],
  ['after the commit, before its answer', 'after', ({ operation }) => operation === 'CommitTransaction'],
] as const satisfies readonly (readonly [string, 'before' | 'after', (call: DataApiCall) => boolean])[];

function isAdvance({ sql }: DataApiCall): boolean {
  return sql.startsWith('UPDATE causeway.position');
}

function isRows({ sql }: DataApiCall): boolean {
  return sql.startsWith('INSERT INTO `Parking');
}

/** Kills the consumer's instance at a point of its next batch, once. */
function killAt(consumer: Consumer, point: number): void {
  const [, when, isThere] = POINTS[point] as (typeof POINTS)[number];
  let done = false;
  const kill = async (call: DataApiCall) => {
    if (!done && isThere(call)) {
      done = true;
      await consumer.kill();
    }
  };
  lot.guard = when === 'before' ? { before: kill } : { after: kill };
}

const message = (n: number, bad = false) =>
  record({ n, payload: bad ? 'bad' : { deviceId: `S-${n % 7}`, status: String(n) }, eventTime: FIRST_TIME + (n % 13) });

async function withConsumer(task: TopicTask, work: (consumer: Consumer) => Promise<void>): Promise<void> {
  const consumer = new Consumer(task, lot.environment);
  try {
    await work(consumer);
  } finally {
    lot.guard = {};
    await consumer.stop();
  }
}

test.each(POINTS.map(([name], point) => [name, point] as const))(
  'killed %s, the next instance leaves every row exactly once',
  async (_, point) => {
    await withConsumer(HISTORY_TASK, async (consumer) => {
      await consumer.invoke({ records: [message(1), message(2)] });
      killAt(consumer, point);

      expect(await consumer.invoke({ records: [message(2), message(3), message(4, true)] })).toBe('killed');
      expect(await consumer.invoke({ records: [message(2), message(3), message(4, true), message(5)] })).toBe('');

      expect(await lot.query('SELECT Seq AS n FROM ParkingHistory ORDER BY Id')).toEqual(
        [1, 2, 3, 5].map((n) => ({ n: String(n).padStart(64, '0') })),
      );
      expect(await lot.query('SELECT Written AS w, Quarantined AS q FROM causeway.position')).toEqual([{ w: 4, q: 1 }]);
    });
  },
  20_000,
);

/** One delivery: how many records from where the stream stands, how many of the written ones come again, where it is killed. */
const delivery = fc.record({
  take: fc.integer({ min: 1, max: 40 }),
  again: fc.integer({ min: 0, max: 25 }),
  killed: fc.option(fc.nat({ max: POINTS.length - 1 }), { freq: 2 }),
});
const RECORDS = 100;
const isBad = (n: number) => n % 29 === 0;

/** Delivers all records, as a stream does whose checkpoints may lag: what was not acknowledged comes again, in whatever boundaries. */
async function deliverAll(
  consumer: Consumer,
  deliveries: Iterable<{ take: number; again: number; killed: number | null }>,
): Promise<void> {
  let acknowledged = 0;
  for (const { take, again, killed } of deliveries) {
    const from = Math.max(1, acknowledged + 1 - again);
    const to = Math.min(RECORDS, acknowledged + take);
    const records = Array.from({ length: to - from + 1 }, (_, at) => message(from + at, isBad(from + at)));
    lot.guard = {};
    if (killed !== null) {
      killAt(consumer, killed);
    }
    if ((await consumer.invoke({ records })) === '') {
      acknowledged = to;
    }
    if (acknowledged === RECORDS) {
      return;
    }
  }
}

const sequences = fc.noShrink(fc.infiniteStream(delivery));

test('whatever the boundaries and wherever it is killed: every message once, in order, all counts exact', async () => {
  await fc.assert(
    fc.asyncProperty(sequences, async (deliveries) => {
      await lot.reset();
      await withConsumer(HISTORY_TASK, (consumer) => deliverAll(consumer, deliveries));

      const all = Array.from({ length: RECORDS }, (_, at) => at + 1);
      const seq = (n: number) => ({ n: String(n).padStart(64, '0') });
      const good = all.filter((n) => !isBad(n)).map(seq);
      const bad = all.filter(isBad).map(seq);
      expect(await lot.query('SELECT Seq AS n FROM ParkingHistory ORDER BY Id')).toEqual(good);
      expect(await lot.query('SELECT Seq AS n FROM causeway.quarantine ORDER BY Id')).toEqual(bad);
      expect(await lot.query('SELECT Written AS w, Quarantined AS q FROM causeway.position')).toEqual([
        { w: good.length, q: bad.length },
      ]);
    }),
    { numRuns: 5, endOnFailure: true },
  );
}, 120_000);

test('whatever the boundaries and wherever it is killed: an upserted table holds the newest event of each key', async () => {
  await fc.assert(
    fc.asyncProperty(sequences, async (deliveries) => {
      await lot.reset();
      await withConsumer(SPACES_TASK, (consumer) => deliverAll(consumer, deliveries));

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
