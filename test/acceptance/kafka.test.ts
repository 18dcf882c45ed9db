import { afterAll, beforeAll, expect, test } from '@jest/globals';
import mysql, { type RowDataPacket } from 'mysql2/promise';
import { databaseProcesses, functionProcesses, signal } from '../faults/processes.ts';
import { CODECS, type MockCluster, startMockCluster } from './kafka/mock-cluster.ts';
import { causeway, eventually, type Platform, removeFolder, startPlatform } from './platform.ts';

let cluster: MockCluster;
let platform: Platform;
let database: mysql.Pool;

beforeAll(async () => {
  cluster = await startMockCluster();
  // The mock makes a topic, of four partitions, when the first record comes.
  await cluster.produce('rows', 0, [row(1, 'x', 'y')]);
  await cluster.produce('log', 0, [entry(0)]);
  platform = await startPlatform({
    integration: `${import.meta.dirname}/kafka/index.ts`,
    environment: { KAFKA_BROKERS: cluster.brokers },
  });
  database = mysql.createPool({ ...platform.file.mysql });
}, 180_000);

afterAll(async () => {
  await database?.end();
  await platform?.stop();
  await cluster?.stop();
  removeFolder(platform?.state);
}, 60_000);

const row = (id: number, b: unknown, c: unknown) => JSON.stringify({ id, a: { b, c } });
const entry = (n: number) => JSON.stringify({ n });
const entries = (from: number, to: number) => Array.from({ length: to - from }, (_, at) => entry(from + at));

async function query<T>(sql: string): Promise<(RowDataPacket & T)[]> {
  return (await database.query<(RowDataPacket & T)[]>(sql))[0];
}

/** What the log holds, while the database may be away. */
async function logged(): Promise<number[]> {
  const rows = await query<{ n: number }>('SELECT N AS n FROM KafkaLog ORDER BY KafkaLog.Row').catch(() => []);

  return rows.map(({ n }) => Number(n));
}

const task = (...args: string[]) => causeway('task', ...args, '--state', platform.state);
const sorted = (numbers: readonly number[]) => numbers.toSorted((a, b) => a - b);
const upTo = (end: number) => Array.from({ length: end }, (_, n) => n);

test('records of every partition become rows, by the paths of the task; the newest of an id stays', async () => {
  await cluster.produce('rows', 1, [row(2, 'old', 'old'), row(2, '新しい', 'new'), row(3, null, 'only c')]);
  await cluster.produce('rows', 2, [JSON.stringify({ a: { b: 'b first' }, more: [1], id: 4 })]);

  const rows = await eventually(
    () => query<Readonly<Record<string, unknown>>>('SELECT * FROM KafkaRows ORDER BY Id'),
    ({ length }) => length === 4,
    20_000,
  );

  expect(rows).toMatchObject([
    { Id: 1, B: 'x', C: 'y' },
    { Id: 2, B: '新しい', C: 'new' },
    { Id: 3, B: null, C: 'only c' },
    { Id: 4, B: 'b first', C: null },
  ]);
  expect(rows.map(({ BatchNo }) => BatchNo)).toEqual(Array(4).fill(expect.stringMatching(/^[0-9a-f]{15}$/)));
}, 60_000);

test('bad records stop none of the others, and are listed with their partition, offset and exact bytes', async () => {
  await cluster.produce('rows', 3, [
    row(5, 'b', 'c'),
    'no JSON',
    row(6, { not: 'text' }, 'c'),
    '{"a":{}}',
    row(7, '', ''),
  ]);

  const rejected = await eventually(
    async () => JSON.parse((await task('rejected', 'list', 'KafkaRows', '--json')).stdout).items as Rejected[],
    ({ length }) => length === 3,
    20_000,
  );

  expect(rejected.map(({ code, traceId }) => [code, traceId])).toEqual([
    ['missing', 'rows-3-3'],
    ['type', 'rows-3-2'],
    ['syntax', 'rows-3-1'],
  ]);
  // What the brokers numbered is written or quarantined.
  const shown = JSON.parse((await task('show', 'KafkaRows', '--json')).stdout) as { written: number; ledger: object };
  expect(shown.ledger).toMatchObject({ written: shown.written, quarantined: 3, lost: 0, doubled: 0, addsUp: true });
  const { stdout } = await task('rejected', 'show', 'KafkaRows', String(rejected[2]?.id), '--json');
  expect(JSON.parse(stdout)).toMatchObject({
    shard: 'rows-3',
    sequenceNumber: '1',
    reason: expect.stringMatching(/JSON/),
  });
  expect(stdout).toContain('no JSON');
  expect(await query('SELECT Id FROM KafkaRows WHERE Id BETWEEN 5 AND 7 ORDER BY Id')).toEqual([{ Id: 5 }, { Id: 7 }]);
}, 60_000);

interface Rejected {
  readonly id: number | string;
  readonly code: string;
  readonly traceId: string;
}

test('its consumer and its database are killed while records come: each is written once, in the order of its partition', async () => {
  const kills = { consumers: 0, databases: 0 };
  const produced = (async () => {
    for (let from = 1; from < 3001; from += 250) {
      // Partition by number, so that the order of each can be told.
      const values = entries(from, Math.min(3001, from + 250));
      for (const partition of [0, 1, 2, 3]) {
        await cluster.produce(
          'log',
          partition,
          values.filter((_, at) => (from + at) % 4 === partition),
        );
      }
    }
  })();
  const harm = (async () => {
    for (let time = 0; time < 10; time += 1) {
      await new Promise((resolve) => setTimeout(resolve, 300));
      kills.consumers += functionProcesses(platform.pid, 'KafkaLog').filter(({ pid }) => signal(pid, 'SIGKILL')).length;
      if (time === 4)
        kills.databases += databaseProcesses(platform.pid).filter(({ pid }) => signal(pid, 'SIGKILL')).length;
    }
  })();
  await Promise.all([produced, harm]);

  const written = await eventually(logged, ({ length }) => length >= 3001, 40_000);

  expect(sorted(written)).toEqual(upTo(3001));
  for (const partition of [0, 1, 2, 3]) {
    const own = written.filter((n) => n % 4 === partition);
    expect(own).toEqual(sorted(own));
  }
  expect(kills.consumers).toBeGreaterThan(2);
  expect(kills.databases).toBe(1);
}, 120_000);

test('a task that is stopped reads on where it was', async () => {
  await task('stop', 'KafkaLog');
  await cluster.produce('log', 1, entries(3001, 3101));
  await new Promise((resolve) => setTimeout(resolve, 1500));
  const whileStopped = (await logged()).length;
  await task('start', 'KafkaLog');
  const started = await eventually(logged, ({ length }) => length >= 3101, 20_000);

  expect(whileStopped).toBe(3001);
  expect(sorted(started)).toEqual(upTo(3101));
}, 60_000);

test('records are read however their producer has compressed them', async () => {
  const from = 3101;
  for (const [at, codec] of CODECS.entries()) {
    await cluster.produce('log', at, entries(from + at * 200, from + (at + 1) * 200), codec);
  }
  const end = from + CODECS.length * 200;

  const read = await eventually(logged, ({ length }) => length >= end, 20_000);

  expect(sorted(read)).toEqual(upTo(end));
}, 60_000);
