import { Buffer } from 'node:buffer';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { StreamEngine, StreamPosition, StreamRead } from '../../../local/engines.ts';
import { createLogs } from '../../../local/log.ts';
import { createStreamEngine } from '../../../local/stream/engine.ts';
import { temporaryFolder } from '../template/assembly-folder.ts';

const SHARD = 'shardId-000000000000';
const OLDEST: StreamPosition = { type: 'TRIM_HORIZON' };
let now: number;
let engine: StreamEngine;
let consumer: string;
let running: AbortController;

beforeEach(async () => {
  now = 1_790_000_000_000;
  running = new AbortController();
  const state = temporaryFolder();
  engine = createStreamEngine({ state, logs: createLogs(state) }, { now: () => now });
  await engine.start();
  await engine.apply({ name: 'events', mode: 'PROVISIONED', shards: 1, retentionHours: 24 });
  consumer = (await engine.applyConsumer('events', 'reader')).arn;
});

afterEach(async () => {
  running.abort();
  await engine.stop();
});

const put = (...keys: readonly string[]) =>
  Promise.all(keys.map((partitionKey) => engine.put('events', { partitionKey, data: Buffer.from(partitionKey) })));

function subscription(from: StreamPosition = OLDEST, signal = running.signal): AsyncIterator<StreamRead> {
  return engine.subscribe(consumer, SHARD, from, signal)[Symbol.asyncIterator]();
}

const keysOf = async (pushes: AsyncIterator<StreamRead>) => {
  const { value } = await pushes.next();

  return (value as StreamRead).records.map(({ partitionKey }) => partitionKey);
};

test('what is there is pushed at once, and what comes when it comes', async () => {
  await put('a', 'b');
  const pushes = subscription();

  expect(await keysOf(pushes)).toEqual(['a', 'b']);

  const next = keysOf(pushes);
  await put('c', 'd');

  expect(await next).toEqual(['c', 'd']);
});

test('it begins where it is told', async () => {
  const [first] = await put('a', 'b');
  const pushes = subscription({ type: 'AFTER_SEQUENCE_NUMBER', sequenceNumber: first?.sequenceNumber ?? '' });

  expect(await keysOf(pushes)).toEqual(['b']);
});

test('a second subscription is refused for five seconds, then takes over', async () => {
  const pushes = subscription();
  await pushes.next();
  now += 4_999;
  await expect(subscription().next()).rejects.toMatchObject({ code: 'ResourceInUseException' });

  now += 1;
  const waiting = pushes.next();
  waiting.catch(() => undefined);
  await subscription().next();

  await expect(waiting).rejects.toMatchObject({ code: 'ResourceInUseException' });
});

test('it ends after five minutes', async () => {
  const pushes = subscription();
  await pushes.next();
  now += 300_000;
  const end = pushes.next();
  await put('a');

  expect(await end).toMatchObject({ done: true });
});

test('a shard that is closed is pushed to its end, which is said', async () => {
  await put('a');
  const pushes = subscription();
  await pushes.next();
  const end = pushes.next();
  await engine.apply({ name: 'events', mode: 'PROVISIONED', shards: 2, retentionHours: 24 });

  expect(await end).toMatchObject({ done: false, value: { records: [], ended: true } });
  expect(await pushes.next()).toMatchObject({ done: true });
});

test('a consumer that is not registered has nothing to subscribe with', async () => {
  await engine.removeConsumer(consumer);

  await expect(subscription().next()).rejects.toMatchObject({ code: 'ResourceNotFoundException' });
});

test('2 MB a second of a shard, and not more', async () => {
  const data = Buffer.alloc(1 << 19);
  for (let second = 0; second < 3; second += 1) {
    await engine.put('events', { partitionKey: 'a', data });
    await engine.put('events', { partitionKey: 'b', data: data.subarray(2) });
    now += 1000;
  }
  const pushes = subscription();
  const sizes = [await keysOf(pushes), await keysOf(pushes)];
  const third = keysOf(pushes);

  expect(sizes).toEqual([
    ['a', 'b'],
    ['a', 'b'],
  ]);
  expect(await Promise.race([third, new Promise((resolve) => setImmediate(resolve, 'waits'))])).toBe('waits');

  now += 1000;

  expect(await third).toEqual(['a', 'b']);
});
