import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { KinesisStreamRecord } from 'aws-lambda';
import { ADVANCE_KEYS_FUNCTION, ADVANCE_KEYS_FUNCTION_SQL } from '../../../core/fdi/advance-keys-function.ts';
import { openLanes } from '../../../core/fdi/open-lanes.ts';
import { everythingHandled } from '../../../core/fdi/prove-handled.ts';
import { READMIT_FUNCTION } from '../../../core/fdi/readmit-function.ts';
import { taskPositions } from '../../../core/fdi/task-positions.ts';
import { Consumer } from './consumer.ts';
import { HISTORY_TASK, parking, SPACES_TASK } from './parking.ts';
import { record, SHARD } from './records.ts';

const lot = parking();
const LANES = { ...HISTORY_TASK, parallelization: 10 };
/** Message `n` of a sensor: its key, and so its lane. */
const of = (n: number, key: string, more: { payload?: unknown; arrivedAt?: number } = {}): KinesisStreamRecord => {
  const { payload = { deviceId: `S-${n}`, status: String(n) }, arrivedAt = 1_793_520_000 } = more;
  const made = record({ n, payload });

  return { ...made, kinesis: { ...made.kinesis, partitionKey: key, approximateArrivalTimestamp: arrivedAt } };
};
const bad = (n: number, key: string) => of(n, key, { payload: 'bad' });

const consumers: Consumer[] = [];
let consumer: Consumer;
const started = (task: typeof LANES | typeof HISTORY_TASK = LANES) => {
  const one = new Consumer(task, lot.environment);
  consumers.push(one);

  return one;
};

beforeEach(() => {
  consumer = started();
});

afterEach(async () => {
  await Promise.all(consumers.splice(0).map((one) => one.stop()));
  await lot.query(`DROP FUNCTION IF EXISTS ${ADVANCE_KEYS_FUNCTION}`);
  await lot.query(ADVANCE_KEYS_FUNCTION_SQL);
});

const numbers = async (table: string, where = '') =>
  (await lot.query(`SELECT Seq AS n FROM ${table} ${where} ORDER BY Id`)).map(({ n }) => Number(n));
const stored = async () => {
  const [counts] = await lot.query(
    'SELECT SUM(Written) AS written, SUM(Quarantined) AS quarantined, SUM(Batches) AS batches FROM causeway.position',
  );

  return {
    rows: await numbers('ParkingHistory'),
    quarantine: await numbers('causeway.quarantine'),
    counts: Object.fromEntries(Object.entries(counts ?? {}).map(([name, value]) => [name, Number(value)])),
  };
};
const calls = () => lot.calls.map(({ operation, sql }) => sql.split(/[\s(]/, 3).slice(0, 2).join(' ') || operation);
const positions = () =>
  taskPositions(
    { execute: async (sql, parameters) => ({ updated: 0, rows: await lot.query(bound(sql, parameters)) }) },
    { name: HISTORY_TASK.name } as never,
  );
const bound = (sql: string, parameters: readonly { name: string; value: object }[]) =>
  parameters.reduce((text, { name, value }) => text.replaceAll(`:${name}`, `'${Object.values(value)[0]}'`), sql);

test('a batch is one call: rows, quarantine, the positions of its keys and the counts', async () => {
  await consumer.invoke({ records: [of(1, 'A')] });
  lot.calls.length = 0;

  expect(await consumer.invoke({ records: [of(2, 'B'), bad(3, 'A'), of(4, 'A')] })).toBe('');
  expect(await consumer.invoke({ records: [bad(5, 'B')] })).toBe('');

  expect(calls()).toEqual(['INSERT INTO', `SELECT ${ADVANCE_KEYS_FUNCTION}`]);
  expect(await stored()).toEqual({
    rows: [1, 2, 4],
    quarantine: [3, 5],
    counts: { written: 3, quarantined: 2, batches: 3 },
  });
  expect(
    (await lot.query('SELECT Seq AS n FROM causeway.key_position ORDER BY Seq')).map(({ n }) => Number(n)),
  ).toEqual([4, 5]);
});

test('what one lane has written ahead of another loses nothing of it', async () => {
  await consumer.invoke({ records: [of(5, 'B'), of(8, 'B')] });

  await consumer.invoke({ records: [of(1, 'A'), bad(4, 'A'), of(6, 'A')] });
  await consumer.invoke({ records: [of(2, 'C'), of(3, 'C')] });

  expect(await stored()).toMatchObject({ rows: [5, 8, 1, 6, 2, 3], quarantine: [4] });
});

test('what comes again, in other boundaries, is written once, and counted once', async () => {
  const all = [of(1, 'A'), of(2, 'B'), bad(3, 'A'), of(4, 'B'), of(5, 'A'), of(6, 'C'), bad(7, 'C')];
  await consumer.invoke({ records: all.slice(0, 4) });
  await consumer.invoke({ records: all.slice(1, 6) });
  await consumer.invoke({ records: all });
  await started().invoke({ records: all });

  expect(await stored()).toEqual({
    rows: [1, 2, 4, 5, 6],
    quarantine: [3, 7],
    counts: { written: 5, quarantined: 2, batches: 3 },
  });
  expect(await lot.query('SELECT * FROM causeway.lease')).toEqual([]);
});

const state = (n: number, key: string) => of(n, key, { payload: { deviceId: key, status: String(n) } });

test('a table that keeps the last state has the last of every key', async () => {
  const spaces = started({ ...SPACES_TASK, parallelization: 3 });
  await spaces.invoke({ records: [state(5, 'B'), state(8, 'B')] });
  await spaces.invoke({ records: [state(1, 'A'), state(6, 'A')] });
  await spaces.invoke({ records: [state(1, 'A'), state(6, 'A'), state(9, 'A')] });

  expect(await lot.query('SELECT DeviceId AS d, Status AS s FROM ParkingData ORDER BY DeviceId')).toEqual([
    { d: 'A', s: '9' },
    { d: 'B', s: '8' },
  ]);
});

test('keys that the collation of a table would hold for one are kept apart', async () => {
  await consumer.invoke({ records: [of(5, 'a'), of(6, 'ü')] });
  await consumer.invoke({ records: [of(1, 'A'), of(2, 'a '), of(3, 'u\u0308'), of(4, '🚗'.repeat(100))] });

  expect((await stored()).rows).toEqual([5, 6, 1, 2, 3, 4]);
});

test('from one lane to several: what the one had written stays written, and nothing behind it is lost', async () => {
  const single = started(HISTORY_TASK);
  await single.invoke({ records: [of(1, 'A'), of(2, 'B'), bad(3, 'A')] });

  await consumer.invoke({ records: [of(5, 'B'), of(6, 'B')] });
  await consumer.invoke({ records: [of(1, 'A'), bad(3, 'A'), of(4, 'A')] });

  expect(await stored()).toMatchObject({
    rows: [1, 2, 5, 6, 4],
    quarantine: [3],
    counts: { written: 5, quarantined: 1 },
  });
});

test.each([
  ['one that was running all the time', true],
  ['a new one', false],
])(
  'from several lanes to one: %s leaves what is written as it is, and writes what late lanes bring',
  async (_, warm) => {
    const single = started(HISTORY_TASK);
    if (warm) {
      await single.invoke({ records: [of(1, 'A')] });
    }
    await consumer.invoke({ records: [of(5, 'B'), of(8, 'B')] });

    expect(await single.invoke({ records: [of(1, 'A'), of(5, 'B'), of(6, 'A'), of(8, 'B'), of(9, 'C')] })).toBe('');
    expect(await single.invoke({ records: [of(2, 'C'), of(9, 'C'), of(10, 'C')] })).toBe('');

    // Lambda keeps the order of a key: a record before one that is written has been written.
    expect((await stored()).rows.toSorted((a, b) => a - b)).toEqual([1, 5, 6, 8, 9, 10]);
  },
);

test('a task that goes back to one lane before it has written anything loses nothing of what late lanes bring', async () => {
  await openLanes(
    {
      database: { execute: async (sql, parameters) => ({ updated: 0, rows: await lot.query(bound(sql, parameters)) }) },
      topics: { shards: async () => [SHARD] },
    },
    { name: HISTORY_TASK.name, settings: { streamArn: 'stream', parallelization: 10 } } as never,
  );

  await started(HISTORY_TASK).invoke({ records: [of(5, 'B'), of(8, 'B')] });
  await consumer.invoke({ records: [of(1, 'A'), of(6, 'A')] });

  expect((await stored()).rows).toEqual([5, 8, 1, 6]);
});

test('a shard that comes later to a task with lanes has them too', async () => {
  await consumer.invoke({ records: [of(1, 'A')] });
  const elsewhere = (one: KinesisStreamRecord) => ({ ...one, eventID: one.eventID.replace('0000:', '0001:') });

  await started(HISTORY_TASK).invoke({ records: [elsewhere(of(5, 'B'))] });
  await started().invoke({ records: [elsewhere(of(2, 'C'))] });

  expect((await stored()).rows).toEqual([1, 5, 2]);
});

test('each epoch has positions of its own', async () => {
  await consumer.invoke({ records: [of(1, 'A'), of(2, 'B')] });
  await consumer.invoke({ records: [of(1, 'A'), of(2, 'B')], epoch: 2 });
  await consumer.invoke({ records: [of(1, 'A'), of(2, 'B'), of(3, 'A')] });

  expect((await stored()).rows).toEqual([1, 2, 1, 2, 3]);
});

test('at least once writes again what comes again, and counts it', async () => {
  const again = started({ ...LANES, delivery: 'at-least-once' });
  await again.invoke({ records: [of(5, 'B')] });
  await again.invoke({ records: [of(1, 'A'), bad(2, 'A')] });
  await again.invoke({ records: [of(1, 'A'), bad(2, 'A'), of(3, 'A')] });

  expect(await stored()).toMatchObject({
    rows: [5, 1, 1, 3],
    quarantine: [2, 2],
    counts: { written: 4, quarantined: 2 },
  });
});

test('a row that the database refuses is set aside, and the order of its key stays', async () => {
  await lot.query("ALTER TABLE ParkingHistory ADD CONSTRAINT Known CHECK (Status <> '4')");

  expect(await consumer.invoke({ records: [1, 2, 3, 4, 5, 6].map((n) => of(n, n % 2 === 0 ? 'A' : 'B')) })).toBe('');

  expect(await stored()).toMatchObject({
    rows: [1, 2, 3, 5, 6],
    quarantine: [4],
    counts: { written: 5, quarantined: 1 },
  });
});

test('without the function every record ends where it should, by transactions', async () => {
  await lot.query(`DROP FUNCTION ${ADVANCE_KEYS_FUNCTION}`);

  await consumer.invoke({ records: [of(5, 'B'), bad(6, 'B')] });
  await consumer.invoke({ records: [of(1, 'A'), of(2, 'C')] });
  await consumer.invoke({ records: [of(2, 'C'), of(3, 'C'), of(5, 'B'), bad(6, 'B'), of(7, 'B')] });

  expect(await stored()).toMatchObject({
    rows: [5, 1, 2, 3, 7],
    quarantine: [6],
    counts: { written: 5, quarantined: 1, batches: 3 },
  });
});

test('ten lanes at once, each an instance of its own, write and count every record once', async () => {
  const lanes = Array.from({ length: 10 }, () => started());
  const batches = (lane: number) =>
    Array.from({ length: 5 }, (_, batch) =>
      Array.from({ length: 20 }, (__, at) => of((batch * 20 + at) * 10 + lane + 1, `K-${lane}-${at % 3}`)),
    );

  const answers = await Promise.all(
    lanes.map(async (lane, number) => {
      const said: string[] = [];
      for (const records of batches(number)) {
        said.push(await lane.invoke({ records }));
      }
      return said;
    }),
  );

  expect(new Set(answers.flat())).toEqual(new Set(['']));
  const { rows, counts } = await stored();
  expect(rows.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 1000 }, (_, at) => at + 1));
  expect(counts).toEqual({ written: 1000, quarantined: 0, batches: 50 });
}, 60_000);

test('an instance that is killed in its transaction holds up its own lane only, and its successor ends the transaction', async () => {
  await lot.query(`DROP FUNCTION ${ADVANCE_KEYS_FUNCTION}`);
  await consumer.invoke({ records: [of(1, 'A'), of(2, 'B')] });
  let killed = false;
  lot.guard = {
    async after({ sql }) {
      if (!killed && sql.startsWith('INSERT INTO `Parking')) {
        killed = true;
        await consumer.kill();
      }
    },
  };

  expect(await consumer.invoke({ records: [of(3, 'A'), of(5, 'A')] })).toBe('killed');
  expect(await started().invoke({ records: [of(4, 'B'), of(6, 'B')] })).toBe('');
  expect(await started().invoke({ records: [of(3, 'A'), of(5, 'A'), of(7, 'A')] })).toBe('');

  expect(calls()).toContain('RollbackTransaction');
  expect(await stored()).toMatchObject({ rows: [1, 2, 4, 6, 3, 5, 7], counts: { written: 7 } });
}, 20_000);

test('what is taken out of the quarantine is moved from one count to the other, whoever counted it', async () => {
  await consumer.invoke({ records: [bad(1, 'A'), bad(2, 'B'), of(3, 'A')] });
  const taken = (await lot.query('SELECT Id AS id, Revision AS revision FROM causeway.quarantine')).map(
    ({ id, revision }) => [id, revision],
  );
  await lot.query(`SELECT ${READMIT_FUNCTION}('${HISTORY_TASK.name}', 2, '${JSON.stringify(taken)}') AS moved`);

  expect((await stored()).counts).toMatchObject({ written: 3, quarantined: 0 });
});

test('whether everything that arrived is handled is held against keys and shard', async () => {
  const sent = [of(1, 'A'), of(2, 'B'), of(3, 'A'), of(5, 'C'), of(6, 'A')];
  await started(HISTORY_TASK).invoke({ records: sent.slice(0, 2) });
  await consumer.invoke({ records: [of(3, 'A')] });
  await consumer.invoke({ records: [of(6, 'A')] });
  const isHandled = (before: number) =>
    everythingHandled(
      {
        database: {
          execute: async (sql, parameters) => ({ updated: 0, rows: await lot.query(bound(sql, parameters)) }),
        },
        topics: {
          shards: async () => [SHARD],
          async *pages() {
            yield sent.map(({ kinesis: { sequenceNumber, partitionKey } }) => ({
              ...{ sequence: sequenceNumber.padStart(64, '0'), arrivedAt: Number(sequenceNumber), partitionKey },
            }));
          },
        },
      },
      { task: HISTORY_TASK.name, epoch: 1, streamArn: '', from: 'oldest', before },
    );

  expect([await isHandled(5), await isHandled(6), await isHandled(7)]).toEqual([true, false, false]);
  await consumer.invoke({ records: [of(5, 'C')] });
  expect(await isHandled(7)).toBe(true);
});

test('lanes count by the minute of arrival what the ledger cuts off', async () => {
  const minute = 29_892_000;
  const at = (minutes: number, seconds: number) => ({ arrivedAt: (minute + minutes) * 60 + seconds });
  await consumer.invoke({ records: [of(1, 'A', at(0, 1)), of(2, 'A', at(0, 59.9)), of(3, 'A', at(1, 0))] });
  await consumer.invoke({ records: [of(4, 'B', at(0, 30)), of(5, 'B', at(1, 30))] });
  await consumer.invoke({ records: [of(6, 'C', at(2, 1)), bad(7, 'C')] });
  await consumer.invoke({ records: [of(4, 'B', at(0, 30)), of(5, 'B', at(1, 30)), of(8, 'B', at(2, 2))] });

  const { handled, handledSince, keyedAt, sequences } = await positions();

  expect(handled).toBe(8);
  expect([0, 1, 2, 3].map((past) => handledSince((minute + past) * 60_000))).toEqual([expect.any(Number), 4, 2, 0]);
  expect(keyedAt).toBeGreaterThan(0);
  expect([...sequences]).toEqual([[SHARD, '8'.padStart(64, '0')]]);
});
