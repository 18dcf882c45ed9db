import { afterEach, expect, test } from '@jest/globals';
import type { TopicTask } from '../../../core/fdi/topic-task.ts';
import { AwsError } from '../../../local/errors.ts';
import { Consumer } from './consumer.ts';
import { type DataApiCall, HISTORY_TASK, parking, SPACES_TASK } from './parking.ts';
import { bareRecord, FIRST_TIME, record, SHARD } from './records.ts';

const lot = parking();
const consumers: Consumer[] = [];

afterEach(async () => {
  for (const consumer of consumers.splice(0)) {
    await consumer.stop();
  }
});

function consumerOf(task: TopicTask): Consumer {
  const consumer = new Consumer(task, lot.environment);
  consumers.push(consumer);

  return consumer;
}

const reading = (n: number, status = '0', deviceId = `S-${n}`) => record({ n, payload: { deviceId, status } });
const bad = (n: number) => record({ n, payload: 'bad' });
const readings = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, at) => reading(from + at));
const written = async () =>
  (await lot.query('SELECT Seq AS n FROM ParkingHistory ORDER BY Id')).map(({ n }) => Number(n));
const counts = async () =>
  (
    await lot.query(
      'SELECT Seq AS seq, Written AS written, Quarantined AS quarantined, Batches AS batches FROM causeway.position',
    )
  ).map(({ seq, ...rest }) => ({ seq: Number(seq), ...rest }));
const quarantine = () =>
  lot.query(
    'SELECT Seq AS seq, Code AS code, Reason AS reason, TraceId AS trace, Body AS body FROM causeway.quarantine ORDER BY Id',
  );
const isRows = ({ sql }: DataApiCall) => sql.startsWith('INSERT INTO `Parking');

test('messages become rows, with their event time, sequence number and one batch number', async () => {
  const consumer = consumerOf(HISTORY_TASK);

  expect(await consumer.invoke({ records: [reading(1, '0'), reading(2, '1', 'S-"😀"\\')] })).toBe('');

  const rows = await lot.query('SELECT * FROM ParkingHistory ORDER BY Id');
  expect(rows).toMatchObject([
    { DeviceId: 'S-1', Status: '0', EventTime: '2026-11-01 08:00:00.001', Seq: '1'.padStart(64, '0') },
    { DeviceId: 'S-"😀"\\', Status: '1', EventTime: '2026-11-01 08:00:00.002' },
  ]);
  expect(rows[0]?.['BatchNo']).toMatch(/^[0-9a-f]{15}$/);
  expect(rows[1]?.['BatchNo']).toBe(rows[0]?.['BatchNo']);
});

test('bad messages go into the quarantine with their exact bytes, their reason and their trace id', async () => {
  const consumer = consumerOf(HISTORY_TASK);
  const noise = Buffer.from([0xff, 0x00, 0x80]);

  const answer = await consumer.invoke({
    records: [
      reading(1),
      record({ n: 2, payload: noise }),
      record({ n: 3, payload: '{"deviceId":"S-3"' }),
      record({ n: 4, payload: { deviceId: 'x'.repeat(65), status: '0' } }),
      record({ n: 5, payload: { deviceId: 'S-5' } }),
      bareRecord(6, 'no envelope'),
      reading(7),
    ],
  });

  expect(answer).toBe('');
  expect(await written()).toEqual([1, 7]);
  const rejected = await quarantine();
  expect(rejected.map(({ code, trace }) => [code, trace])).toEqual([
    ['encoding', 'trace-2'],
    ['syntax', 'trace-3'],
    ['length', 'trace-4'],
    ['missing', 'trace-5'],
    ['envelope', null],
  ]);
  expect(rejected[0]?.['body']).toBe(noise.toString('base64'));
  expect(rejected[2]?.['reason']).toBe('DeviceId: 65 characters are too long; the column holds 64');
  expect(Buffer.from(String(rejected[4]?.['body']), 'base64').toString()).toBe('no envelope');
  expect(await counts()).toEqual([{ seq: 7, written: 2, quarantined: 5, batches: 1 }]);
  expect(consumer.log().at(-1)).toMatchObject({
    message: 'batch',
    task: 'ParkingHistory',
    shard: SHARD,
    first: '1',
    last: '7',
    read: 7,
    written: 2,
    rejected: 5,
    traces: ['trace-2', 'trace-3', 'trace-4', 'trace-5', '6'],
  });
});

test('a batch that comes again, whole or in other boundaries, changes nothing but what is new', async () => {
  const consumer = consumerOf(HISTORY_TASK);

  await consumer.invoke({ records: readings(1, 10) });
  await consumer.invoke({ records: readings(1, 10) });
  await consumer.invoke({ records: [...readings(6, 9), record({ n: 10, payload: 'bad' }), ...readings(11, 14)] });
  await consumer.invoke({ records: readings(3, 5) });

  expect(await written()).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14]);
  expect(await counts()).toEqual([{ seq: 14, written: 14, quarantined: 0, batches: 2 }]);
  expect(await quarantine()).toEqual([]);
});

test('a later epoch has a position of its own', async () => {
  const consumer = consumerOf(HISTORY_TASK);

  await consumer.invoke({ records: readings(1, 3) });
  await consumer.invoke({ records: readings(2, 4), epoch: 2 });

  expect(await written()).toEqual([1, 2, 3, 2, 3, 4]);
  expect(await counts()).toHaveLength(2);
});

test('an upsert keeps the newest event of each key; stale ones lose, in the batch and against the table', async () => {
  const consumer = consumerOf(SPACES_TASK);
  const at = (n: number, deviceId: string, status: string, seconds: number) =>
    record({ n, payload: { deviceId, status }, eventTime: FIRST_TIME + seconds * 1000 });

  await consumer.invoke({
    records: [at(1, 'A', 'old', 1), at(2, 'A', 'new', 3), at(3, 'A', 'stale', 2), at(4, 'B', 'first', 5)],
  });
  await consumer.invoke({ records: [at(5, 'B', 'late', 4), at(6, 'A', 'same time', 3), at(7, 'C', 'x', 1)] });

  expect(await lot.query('SELECT DeviceId, Status, EventTime FROM ParkingData ORDER BY DeviceId')).toEqual([
    { DeviceId: 'A', Status: 'same time', EventTime: '2026-11-01 08:00:03.000' },
    { DeviceId: 'B', Status: 'first', EventTime: '2026-11-01 08:00:05.000' },
    { DeviceId: 'C', Status: 'x', EventTime: '2026-11-01 08:00:01.000' },
  ]);
  expect(await counts()).toMatchObject([{ written: 7 }]);
});

test('a row that only the database can refuse is isolated: the others are written, it is quarantined with the error', async () => {
  const consumer = consumerOf(HISTORY_TASK);
  await lot.query('ALTER TABLE ParkingHistory ADD UNIQUE KEY (DeviceId)');

  expect(await consumer.invoke({ records: [...readings(1, 5), reading(6, '0', 'S-2'), ...readings(7, 9)] })).toBe('');

  expect(await written()).toEqual([1, 2, 3, 4, 5, 7, 8, 9]);
  expect(await quarantine()).toMatchObject([{ seq: '6'.padStart(64, '0'), code: 'database', trace: 'trace-6' }]);
  expect((await quarantine())[0]?.['reason']).toContain("Duplicate entry 'S-2'");
  expect(await counts()).toMatchObject([{ seq: 9, written: 8, quarantined: 1 }]);
});

test('a table that was altered is read again: its new limits hold', async () => {
  const consumer = consumerOf(HISTORY_TASK);
  await consumer.invoke({ records: [reading(1)] });
  await lot.query('ALTER TABLE ParkingHistory MODIFY Status VARCHAR(2) NOT NULL');

  await consumer.invoke({ records: [reading(2, 'abc'), reading(3, 'ab')] });

  expect(await written()).toEqual([1, 3]);
  expect(await quarantine()).toMatchObject([
    { code: 'length', reason: 'Status: 3 characters are too long; the column holds 2' },
  ]);
});

test('a database that is away is answered with the first record that is not written, and nothing is thrown', async () => {
  const consumer = consumerOf(HISTORY_TASK);
  lot.guard = {
    before() {
      throw new AwsError('DatabaseUnavailableException', 'The writer instance is not available', 504);
    },
  };

  expect(await consumer.invoke({ records: readings(1, 3) })).toBe('1');
  lot.guard = {};
  expect(await consumer.invoke({ records: readings(1, 3) })).toBe('');

  expect(await written()).toEqual([1, 2, 3]);
  expect(consumer.log()[0]).toMatchObject({ level: 'ERROR', message: 'batch not written' });
});

test('what is written before the database goes away is not asked for again', async () => {
  const consumer = consumerOf(HISTORY_TASK);
  await lot.query('ALTER TABLE ParkingHistory ADD UNIQUE KEY (DeviceId)');
  await consumer.invoke({ records: [reading(1)] });
  let statements = 0;
  lot.guard = {
    before(call) {
      statements += Number(isRows(call));
      if (statements > 2) {
        throw new AwsError('DatabaseUnavailableException', 'The writer instance is not available', 504);
      }
    },
  };

  // The last row is a duplicate, so the batch is halved: the first half is written, the second meets the fault.
  expect(await consumer.invoke({ records: [...readings(2, 4), reading(5, '0', 'S-1')] })).toBe('4');
  expect(await written()).toEqual([1, 2, 3]);
});

test.each([
  ['a missing table', 'DROP TABLE ParkingHistory'],
  ['a missing ledger', 'RENAME TABLE causeway.position TO causeway.elsewhere'],
])('%s is no fault of the messages: they stay in the stream', async (_, statement) => {
  const consumer = consumerOf(HISTORY_TASK);
  await consumer.invoke({ records: [reading(1)] });
  await lot.query(statement);

  expect(await consumer.invoke({ records: readings(2, 9) })).toBe('2');

  if (statement.startsWith('RENAME')) {
    await lot.query('RENAME TABLE causeway.elsewhere TO causeway.position');
  }
  expect(await quarantine()).toEqual([]);
});

test('a deadlock costs an attempt and nothing else', async () => {
  const consumer = consumerOf(HISTORY_TASK);
  let deadlocks = 2;
  lot.guard = {
    after(call) {
      if (isRows(call) && deadlocks > 0) {
        deadlocks -= 1;
        throw new AwsError(
          'DatabaseErrorException',
          'Deadlock found when trying to get lock; try restarting transaction; Error code: 1213; SQLState: 40001',
        );
      }
    },
  };

  expect(await consumer.invoke({ records: readings(1, 5) })).toBe('');
  expect(await written()).toEqual([1, 2, 3, 4, 5]);
  expect(await counts()).toEqual([{ seq: 5, written: 5, quarantined: 0, batches: 1 }]);
});

test.each([
  ['one statement', isRows, readings(1, 5), 0],
  ['one statement with a bad record', isRows, [...readings(1, 5), bad(6)], 1],
  ['a commit', ({ operation }: DataApiCall) => operation === 'CommitTransaction', [...readings(1, 5), bad(6)], 1],
] as const)('%s whose answer was lost is not written twice', async (_, isIt, records, quarantined) => {
  const consumer = consumerOf(HISTORY_TASK);
  // With a record that is written already a batch is a transaction.
  await consumer.invoke({ records: isIt === isRows ? [] : [reading(1)] });
  let lost = false;
  lot.guard = {
    after(call) {
      if (isIt(call) && !lost) {
        lost = true;
        throw new AwsError('ServiceUnavailableError', 'try again', 503);
      }
    },
  };

  expect(await consumer.invoke({ records })).toBe('');
  expect(lost).toBe(true);
  expect(await written()).toEqual([1, 2, 3, 4, 5]);
  expect(await counts()).toMatchObject([{ written: 5, quarantined }]);
});

test('a batch is one call of the Data API, and another shard is not kept waiting by it', async () => {
  const consumer = consumerOf(HISTORY_TASK);
  await consumer.invoke({ records: [reading(1)] });
  lot.calls.length = 0;
  const other = consumerOf(HISTORY_TASK);
  const elsewhere = [reading(1)].map((one) => ({ ...one, eventID: one.eventID.replace('000:', '001:') }));
  let answered = '';
  lot.guard = {
    async after(call) {
      if (isRows(call)) {
        lot.guard = {};
        answered = await other.invoke({ records: elsewhere });
      }
    },
  };

  expect(await consumer.invoke({ records: readings(2, 4) })).toBe('');

  expect(lot.calls.filter(isRows)).toHaveLength(2);
  expect(answered).toBe('');
  expect(await written()).toEqual([1, 2, 3, 4, 1]);
});

test('were a batch ever of two shards, each would have its own position', async () => {
  const consumer = consumerOf(HISTORY_TASK);
  const elsewhere = [reading(3)].map((one) => ({ ...one, eventID: one.eventID.replace('000:', '0001:') }));

  expect(await consumer.invoke({ records: [reading(1), ...elsewhere, reading(2)] })).toBe('');

  expect(await written()).toEqual([1, 2, 3]);
  expect(await counts()).toMatchObject([{ seq: 2 }, { seq: 3 }]);
});

test('when its time is nearly over the consumer rolls back by itself', async () => {
  const consumer = consumerOf(HISTORY_TASK);
  await consumer.invoke({ records: [reading(1)] });
  const { promise: open, resolve: answer } = Promise.withResolvers<void>();
  const inTransaction = (call: DataApiCall) => isRows(call) && !call.sql.includes('causeway.advance');
  lot.guard = { before: (call) => (inTransaction(call) ? open : undefined) };

  // It overlaps what is written: that takes a transaction.
  expect(await consumer.invoke({ records: readings(1, 5), remainingMs: 600 })).toBe('1');

  expect(lot.calls.at(-1)?.operation).toBe('RollbackTransaction');
  lot.guard = {};
  expect(await consumer.invoke({ records: readings(2, 5) })).toBe('');
  answer();
  expect(await written()).toEqual([1, 2, 3, 4, 5]);
});

test('at-least-once writes what comes again, without transactions, and counts it', async () => {
  const consumer = consumerOf({ ...HISTORY_TASK, delivery: 'at-least-once' });

  await consumer.invoke({ records: [...readings(1, 3), record({ n: 4, payload: 'bad' })] });
  await consumer.invoke({ records: readings(2, 3) });

  expect(await written()).toEqual([1, 2, 3, 2, 3]);
  expect(await counts()).toEqual([{ seq: 4, written: 5, quarantined: 1, batches: 2 }]);
  expect(lot.calls.map(({ operation }) => operation)).not.toContain('BeginTransaction');
});

test('a batch of more than a request may hold is written whole', async () => {
  const consumer = consumerOf({
    ...HISTORY_TASK,
    source: {
      ...HISTORY_TASK.source,
      metadata: [...HISTORY_TASK.source.metadata, { alias: 'Note', type: 'string', path: 'data.note' }],
    },
  });
  await lot.query('ALTER TABLE ParkingHistory ADD Note MEDIUMTEXT');
  const note = '"\\'.repeat(50_000);

  const records = Array.from({ length: 40 }, (_, n) =>
    record({ n: n + 1, payload: { deviceId: 'S', status: '0', note } }),
  );
  expect(await consumer.invoke({ records })).toBe('');

  expect(await lot.query(`SELECT COUNT(*) AS n, MIN(LENGTH(Note)) AS length FROM ParkingHistory`)).toEqual([
    { n: 40, length: 100_000 },
  ]);
  expect(lot.calls.filter(isRows).length).toBeGreaterThan(1);
}, 30_000);
