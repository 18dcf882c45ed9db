import { afterEach, expect, test } from '@jest/globals';
import type { KafkaTask } from '../../../core/fdi/kafka-record.ts';
import { handlerCode } from '../../../lib/platform/handler-bundle.ts';
import { AwsError } from '../../../local/errors.ts';
import { Consumer } from './consumer.ts';
import { KAFKA_TASK, kafkaEvent, kafkaRecord, type RecordParts } from './kafka-batches.ts';
import { type DataApiCall, parking } from './parking.ts';

const lot = parking();
const consumers: Consumer[] = [];

afterEach(async () => {
  for (const consumer of consumers.splice(0)) {
    await consumer.stop();
  }
});

function consumerOf(task: KafkaTask = KAFKA_TASK): Consumer {
  const consumer = new Consumer(task, lot.environment, handlerCode('fdi/consume-kafka'));
  consumers.push(consumer);

  return consumer;
}

const batch = (...records: RecordParts[]) => ({ event: kafkaEvent(records.map(kafkaRecord)) });
const written = async () =>
  (await lot.query('SELECT DeviceId AS id, Status AS status FROM ParkingHistory ORDER BY DeviceId, Id')).map(
    ({ id, status }) => `${id}:${status}`,
  );
const positions = async () =>
  (
    await lot.query(
      'SELECT Shard AS shard, Seq AS seq, Written AS written, Quarantined AS bad FROM causeway.position ORDER BY Shard',
    )
  ).map(({ shard, seq, written: rows, bad }) => [shard, Number(seq), rows, bad]);
const isRows = ({ sql }: DataApiCall) => sql.startsWith('INSERT INTO `Parking');
const away = () => new AwsError('DatabaseUnavailableException', 'away', 504);

test('one batch of several partitions becomes rows, with a position for each; offset 0 and gaps are records like others', async () => {
  const consumer = consumerOf();

  const answer = await consumer.invoke(
    batch({ offset: 0 }, { offset: 7 }, { partition: 1, offset: 3 }, { offset: 8 }, { partition: 12, offset: 40 }),
  );

  expect(answer).toBe('');
  expect(await written()).toEqual(['P-0:0', 'P-0:7', 'P-0:8', 'P-1:3', 'P-12:40']);
  expect(await positions()).toEqual([
    ['rows-0', 8, 3, 0],
    ['rows-1', 3, 1, 0],
    ['rows-12', 40, 1, 0],
  ]);
  const [row] = await lot.query("SELECT * FROM ParkingHistory WHERE DeviceId = 'P-1'");
  expect(row).toMatchObject({ EventTime: '2026-11-01 08:00:00.003', Seq: '3'.padStart(64, '0') });
}, 60_000);

test('what comes again is written once, however the batches are cut this time', async () => {
  const consumer = consumerOf();
  await consumer.invoke(batch({ offset: 1 }, { offset: 2 }, { partition: 1, offset: 1 }));

  expect(await consumer.invoke(batch({ offset: 2 }, { offset: 4 }, { partition: 1, offset: 1 }))).toBe('');

  expect(await written()).toEqual(['P-0:1', 'P-0:2', 'P-0:4', 'P-1:1']);
});

test('bad records go into the quarantine with partition, offset, key and exact bytes; a record without a value says what it is', async () => {
  const consumer = consumerOf();

  const answer = await consumer.invoke(
    batch(
      { partition: 3, offset: 10, value: '{"id":', key: 'Schlüssel' },
      { partition: 3, offset: 11, value: { id: 'x'.repeat(65), a: { b: '1' } } },
      { partition: 3, offset: 12, value: null, key: 'gone' },
      { partition: 3, offset: 13, value: { id: 'P-3' } },
      { partition: 3, offset: 14 },
    ),
  );

  expect(answer).toBe('');
  expect(await written()).toEqual(['P-3:14']);
  const rejected = await lot.query(
    'SELECT Shard AS shard, Seq AS seq, PartitionKey AS k, TraceId AS trace, Code AS code, Reason AS reason, CAST(Body AS CHAR) AS body FROM causeway.quarantine ORDER BY Id',
  );
  expect(rejected.map(({ shard, seq, k, code }) => [shard, Number(seq), k, code])).toEqual([
    ['rows-3', 10, 'Schlüssel', 'syntax'],
    ['rows-3', 11, '', 'length'],
    ['rows-3', 12, 'gone', 'envelope'],
    ['rows-3', 13, '', 'missing'],
  ]);
  expect(rejected[0]).toMatchObject({ trace: 'rows-3-10', body: '{"id":' });
  expect(rejected[2]?.['reason']).toMatch(/marks its key as deleted/);
});

test('a record that reads like an envelope is a record like others', async () => {
  const envelope = { raw: 'e30=', productId: 'p', deviceId: 'd', clientId: 'c', eventTime: 1, traceId: 't' };

  await consumerOf().invoke(batch({ offset: 1, value: { ...envelope, id: 'E', a: { b: '1' } } }));

  expect(await written()).toEqual(['E:1']);
});

test('a database that is away loses nothing: of each partition the first record is named that is not written', async () => {
  const consumer = consumerOf();
  let calls = 0;
  lot.guard = {
    before(call) {
      calls += Number(isRows(call));
      if (isRows(call) && calls > 1) throw away();
    },
  };

  const answer = await consumer.invoke(batch({ offset: 5 }, { offset: 6 }, { partition: 1, offset: 9 }));

  expect(answer).toMatch(/^(rows-0@5|rows-1@9)$/);
  lot.guard = {};
  expect(await consumer.invoke(batch({ offset: 5 }, { offset: 6 }, { partition: 1, offset: 9 }))).toBe('');
  expect(await written()).toEqual(['P-0:5', 'P-0:6', 'P-1:9']);
}, 20_000);

test('where Lambda knows no answer for a part of a batch, the function fails, and all of the batch comes again', async () => {
  const consumer = consumerOf({ ...KAFKA_TASK, answers: 'batches' });
  lot.guard = { before: () => Promise.reject(away()) };

  const answer = await consumer.invoke(batch({ offset: 5 }, { partition: 1, offset: 9 }));

  expect(answer).toBe(
    'BatchNotWritten: Not written: rows-0 at 5, rows-1 at 9. The batch comes again; the lines before this one say why.',
  );
  lot.guard = {};
  expect(await consumer.invoke(batch({ offset: 5 }, { partition: 1, offset: 9 }))).toBe('');
  expect(await written()).toEqual(['P-0:5', 'P-1:9']);
}, 20_000);
