import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { StreamEngine } from '../../../local/engines.ts';
import { createLogs } from '../../../local/log.ts';
import { createStreamEngine } from '../../../local/stream/engine.ts';

const HOUR = 3_600_000;
const MINUTE = 60_000;
const clock = { now: 0 };
let state: string;
let engine: StreamEngine;

beforeEach(async () => {
  clock.now = 1000 * HOUR;
  state = mkdtempSync(join(tmpdir(), 'causeway-arrivals-'));
  engine = await started();
  await engine.apply({ name: 'Events', mode: 'PROVISIONED', shards: 2, retentionHours: 24 });
});

afterEach(async () => {
  await engine.stop();
  rmSync(state, { recursive: true });
});

async function started(): Promise<StreamEngine> {
  const made = createStreamEngine({ state, logs: createLogs(state) }, { now: () => clock.now });
  await made.start();

  return made;
}

async function put(count: number): Promise<void> {
  for (let index = 0; index < count; index += 1) {
    await engine.put('Events', { data: Buffer.from('1234'), partitionKey: `key${index % 10}` });
  }
}

const counts = async () =>
  [...(await engine.arrivals('Events'))].sort(([a], [b]) => a - b).map(([, { records }]) => records);

test('records are counted in the minute of their arrival, also after a restart', async () => {
  await put(3);
  clock.now += MINUTE;
  await put(20);
  const before = await engine.arrivals('Events');
  await engine.stop();
  engine = await started();

  expect(await counts()).toEqual([3, 20]);
  expect(await engine.arrivals('Events')).toEqual(before);
  expect(before.get(1000 * HOUR)).toEqual({ records: 3, bytes: 3 * 8 });
});

test('what retention has dropped stays counted, once, across restarts', async () => {
  await put(20);
  clock.now += 2 * HOUR;
  await put(20);
  clock.now += 23 * HOUR;
  await engine.stop();
  engine = await started();
  await put(1);
  const shards = await engine.shards('Events');
  const left = await Promise.all(
    shards.map(({ shardId }) => engine.read('Events', shardId, { type: 'TRIM_HORIZON' }, 100)),
  );
  clock.now += 2 * HOUR;
  await engine.stop();
  engine = await started();

  expect(left.flatMap(({ records }) => records)).toHaveLength(21);
  expect(await counts()).toEqual([20, 20, 1]);
});

test('a closed shard that is dropped leaves its count', async () => {
  await put(20);
  await engine.apply({ name: 'Events', mode: 'PROVISIONED', shards: 1, retentionHours: 24 });
  clock.now += 25 * HOUR;
  await engine.stop();
  engine = await started();

  expect(await engine.shards('Events')).toHaveLength(1);
  expect(await counts()).toEqual([20]);
});
