import { afterEach, beforeAll, expect, test } from '@jest/globals';
import { acknowledgeDifference } from '../../../core/fdi/acknowledge-difference.ts';
import { type KafkaLedgerPorts, keepKafka, type RestingKafka } from '../../../core/fdi/kafka-account.ts';
import type { KafkaFeed } from '../../../core/fdi/kafka-feed.ts';
import { keepLedger, type LedgerEntry, showLedger } from '../../../core/fdi/keep-ledger.ts';
import type { TaskEntry } from '../../../core/fdi/task-entry.ts';
import { database } from '../../../functions/shared/database.ts';
import { handlerCode } from '../../../lib/platform/handler-bundle.ts';
import { LedgerWorld } from '../../core/fdi/ledger-world.ts';
import { Consumer } from './consumer.ts';
import { KAFKA_TASK, kafkaEvent, kafkaRecord, type RecordParts } from './kafka-batches.ts';
import { parking } from './parking.ts';

const lot = parking();
const consumers: Consumer[] = [];
const FEED: KafkaFeed = { topic: 'rows', brokers: ['kafka:9092'], access: [], group: 'causeway.test.KafkaHistory' };
let lag: number | undefined;
let isCalled = true;

beforeAll(() => {
  Object.assign(process.env, lot.environment);
});

afterEach(async () => {
  lag = undefined;
  isCalled = true;
  for (const consumer of consumers.splice(0)) {
    await consumer.stop();
  }
});

function taskEntry(changes: Partial<TaskEntry> = {}, feed: Partial<KafkaFeed> = {}): TaskEntry {
  return {
    ...{ name: KAFKA_TASK.name, app: 'app', topic: 'kafka:Orders:rows', table: 'ParkingHistory', wanted: 'stopped' },
    settings: {
      functionArn: 'arn:aws:lambda:us-east-1:000000000000:function:KafkaHistory',
      streamArn: 'kafka:Orders:rows',
      startingPosition: 'earliest',
      batchSize: 1000,
      batchingWindowSeconds: 0,
      kafka: { ...FEED, ...feed },
    },
    ...changes,
  };
}

function world() {
  const own = new LedgerWorld(Date.parse('2026-11-01T09:00:00Z'));

  return Object.assign(own, { database: database(), activity: async () => ({ lag, isCalled }) });
}

function consumerOf(): Consumer {
  const consumer = new Consumer(KAFKA_TASK, lot.environment, handlerCode('fdi/consume-kafka'));
  consumers.push(consumer);

  return consumer;
}

const batch = (...records: RecordParts[]) => ({ event: kafkaEvent(records.map(kafkaRecord)) });
const offsets = (from: number, to: number, partition = 0): RecordParts[] =>
  Array.from({ length: to - from + 1 }, (_, at) => ({ partition, offset: from + at }));

async function kept(entry = taskEntry()): Promise<LedgerEntry['report']> {
  const failures: unknown[] = [];
  const [account] = await keepLedger(world(), [entry], (_, error) => failures.push(error));
  expect(failures).toEqual([]);

  return account?.report;
}

test('what the brokers numbered is written, quarantined or on its way, wherever the topic was begun', async () => {
  expect(await kept()).toBeUndefined();
  const consumer = consumerOf();
  await consumer.invoke(batch(...offsets(120, 131), ...offsets(0, 4, 3)));
  await consumer.invoke(batch({ offset: 132, value: 'no JSON' }, { offset: 133, value: null }, { offset: 134 }));
  lag = 5;

  expect(await kept()).toMatchObject({
    ...{ accepted: 25, written: 18, quarantined: 2, inFlight: 5, lost: 0, doubled: 0, addsUp: true },
  });
}, 60_000);

test('batches that come again, cut otherwise and to another process, count once', async () => {
  const [first, second] = [consumerOf(), consumerOf()];
  await first.invoke(batch(...offsets(10, 19)));
  await second.invoke(batch(...offsets(10, 14)));
  await second.invoke(batch(...offsets(15, 24)));
  await first.invoke(batch(...offsets(12, 29)));

  expect(await kept()).toMatchObject({ accepted: 20, written: 20, lost: 0, doubled: 0, addsUp: true });
}, 60_000);

test('offsets that no record came with are lost, until somebody says that they are explained; the next ones stand out again', async () => {
  const consumer = consumerOf();
  await consumer.invoke(batch(...offsets(0, 9)));
  // The task was stopped for longer than the topic keeps its records.
  await consumer.invoke(batch(...offsets(50, 59)));

  expect(await kept()).toMatchObject({ accepted: 60, written: 20, lost: 40, addsUp: false });

  await acknowledgeDifference(database(), taskEntry(), { difference: 40, reason: 'expired while it was stopped' });
  expect(await kept()).toMatchObject({ accepted: 60, written: 20, lost: 0, acknowledged: 40, addsUp: true });
  await consumer.invoke(batch(...offsets(60, 61), ...offsets(63, 64)));
  expect(await kept()).toMatchObject({ lost: 1, acknowledged: 40, addsUp: false });
  expect((await showLedger(world(), taskEntry())).report).toMatchObject({ lost: 1, acknowledged: 40 });
}, 60_000);

test('rows that were written without their offsets are doubled', async () => {
  const consumer = consumerOf();
  await consumer.invoke(batch(...offsets(0, 9)));
  await lot.query('UPDATE causeway.position SET Written = Written + 3');

  expect(await kept()).toMatchObject({ lost: 0, doubled: 3, addsUp: false });
}, 60_000);

test('a task that wrote before there were accounts begins behind its positions', async () => {
  await consumerOf().invoke(batch(...offsets(0, 9), { offset: 17 }));
  await lot.query('DELETE FROM causeway.kafka_start');

  await consumerOf().invoke(batch(...offsets(16, 25)));

  expect(await kept()).toMatchObject({ written: 19, accepted: 19, lost: 0, addsUp: true });
}, 60_000);

test('topics whose offsets have gaps, and tasks that may write twice, have no account', async () => {
  await consumerOf().invoke(batch(...offsets(0, 3), ...offsets(7, 9)));

  expect(await kept(taskEntry({}, { gaps: true }))).toBeUndefined();
  expect(await kept(taskEntry({ delivery: 'at-least-once' }))).toBeUndefined();
}, 60_000);

test('while nothing is called, an account that adds up is told from memory: a database that sleeps is not woken', async () => {
  const consumer = consumerOf();
  await consumer.invoke(batch(...offsets(0, 9)));
  const resting: RestingKafka = new Map();
  let looks = 0;
  const own = world();
  const ports: KafkaLedgerPorts = Object.assign(own, {
    database: {
      execute: (...all: Parameters<typeof own.database.execute>) => {
        looks += 1;
        return database().execute(...all);
      },
    },
  });
  const keep = () => keepKafka(ports, taskEntry(), async () => undefined, resting);
  await keep();
  const before = looks;
  isCalled = false;

  expect((await keep()).report).toMatchObject({ written: 10, addsUp: true });
  expect(looks).toBe(before);

  await consumer.invoke(batch(...offsets(11, 12)));
  isCalled = true;
  expect((await keep()).report).toMatchObject({ lost: 1, addsUp: false });
}, 60_000);
