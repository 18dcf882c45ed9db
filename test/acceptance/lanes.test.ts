import { afterAll, beforeAll, expect, test } from '@jest/globals';
import mysql from 'mysql2/promise';
import { functionProcesses, signal } from '../faults/processes.ts';
import { signedByReferenceSdk } from './caller.ts';
import { causeway, eventually, type Platform, removeFolder, startPlatform } from './platform.ts';

const PATIENCE_MS = 60_000;
const CONSUMER = 'ReadingsTask';
const METERS = Array.from({ length: 30 }, (_, at) => `meter ${at}${at % 3 === 0 ? ' ' : ''}`);
const MESSAGES = 500;

let platform: Platform;
const integration = `${import.meta.dirname}/lanes/index.ts`;

beforeAll(async () => {
  platform = await startPlatform({ integration });
}, 240_000);

/** The same deployment with other lanes; what is under way when it begins is cut off. */
async function redeployed(lanes: number): Promise<void> {
  const { state, portBase } = platform;
  await platform.stop();
  platform = await startPlatform({ state, portBase, integration, environment: { LANES: String(lanes) } });
}

afterAll(async () => {
  await platform?.stop();
  removeFolder(platform?.state ?? '');
}, 60_000);

let sent = 0;

/** As many as one call takes: number after number, each of the next meter. */
async function produce(): Promise<void> {
  const url = `${platform.file.apis['Lanes']?.url}/topics/Readings/messages`;
  const data = {
    messages: Array.from({ length: MESSAGES }, (_, at) => ({
      key: METERS[(sent + at) % METERS.length],
      value: { number: (sent + at) % 97 === 50 ? 'no number' : sent + at },
    })),
  };
  const headers = signedByReferenceSdk(platform.file.apps['Meters'] as { key: string; secret: string }, {
    ...{ method: 'POST', url, data, headers: { 'Content-Type': 'application/json' } },
  });
  const answer = await fetch(url, { method: 'POST', headers, body: JSON.stringify(data) });
  expect([answer.status, await answer.json()]).toMatchObject([200, { written: MESSAGES }]);
  sent += MESSAGES;
}

interface Stored {
  readonly meter: string;
  readonly number: number;
  readonly batch: string;
}

async function rowsOf<Row>(sql: string): Promise<Row[]> {
  const connection = await mysql.createConnection({ ...platform.file.mysql });
  try {
    return (await connection.query(sql))[0] as Row[];
  } finally {
    await connection.end();
  }
}

const stored = () =>
  rowsOf<Stored>('SELECT Meter AS meter, Number AS number, BatchNo AS batch FROM Readings ORDER BY Id');

async function shown() {
  const { stdout } = await causeway('task', 'show', CONSUMER, '--json', '--state', platform.state);

  return JSON.parse(stdout) as { written: number; quarantined: number; shards: readonly { shard: string }[] };
}

const isBad = (number: number) => number % 97 === 50;
const numbers = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, at) => from + at).filter((number) => !isBad(number));

/** Numbers of messages whose batch was undone. */
const gone = new Set<number>();

/** Every message once, in the order of its meter, the bad ones aside, all counted. */
async function check(): Promise<void> {
  const good = numbers(0, sent).filter((number) => !gone.has(number));
  const rows = await eventually(stored, (all) => all.length >= good.length, PATIENCE_MS);
  expect(rows.map(({ number }) => number).sort((a, b) => a - b)).toEqual(good);
  for (const [at, meter] of METERS.entries()) {
    const own = rows.filter((row) => row.meter === meter).map(({ number }) => number);
    expect(own).toEqual(good.filter((number) => number % METERS.length === at));
  }
  const counts = await eventually(shown, ({ written, quarantined }) => written + quarantined >= sent, PATIENCE_MS);
  const written = good.length + gone.size;
  expect(counts).toMatchObject({ written, quarantined: sent - written });
  expect(counts.shards).toHaveLength(1);
}

/** Counts the task's processes, and may end them, while something else happens. */
async function watching(work: () => Promise<void>, { killing = false } = {}): Promise<{ most: number; kills: number }> {
  const seen = { most: 0, kills: 0 };
  const timer = setInterval(() => {
    const processes = functionProcesses(platform.pid, CONSUMER);
    seen.most = Math.max(seen.most, processes.length);
    seen.kills += killing ? processes.filter(({ pid }) => signal(pid, 'SIGKILL')).length : 0;
  }, 350);
  await work();
  clearInterval(timer);

  return seen;
}

test('ten lanes write a shard, each message once and in the order of its key, though their processes are killed again and again', async () => {
  const { most, kills } = await watching(
    async () => {
      for (let more = 0; more < 4; more += 1) {
        await produce();
        await new Promise((done) => setTimeout(done, 1000));
      }
    },
    { killing: true },
  );

  await check();
  expect(most).toBeGreaterThan(1);
  expect(kills).toBeGreaterThan(5);
}, 180_000);

test('of a batch that one of the lanes wrote the rows are gone, and no others', async () => {
  const before = await stored();
  const batch = before[before.length >> 1]?.batch ?? '';

  const { code } = await causeway('task', 'rollback', CONSUMER, batch, '--yes', '--state', platform.state);

  for (const row of before.filter((one) => one.batch === batch)) gone.add(row.number);
  expect([code, await stored()]).toEqual([0, before.filter(({ number }) => !gone.has(number))]);
}, 60_000);

test('from ten lanes to one and back, with messages under way each time: none is lost, doubled or before its turn', async () => {
  await produce();
  await redeployed(1);
  const { most } = await watching(async () => {
    await produce();
    await check();
  });
  await produce();
  await redeployed(10);
  await produce();
  await check();

  expect(most).toBe(1);
}, 180_000);

test('a task that is reset has positions per key before one of its lanes has anything to write', async () => {
  const before = (await stored()).length;
  const reset = await causeway('task', 'reset', CONSUMER, '--to', 'latest', '--yes', '--state', platform.state);
  const [positions] = await rowsOf(
    `SELECT COUNT(*) AS n, SUM(Batches) AS batches FROM causeway.position WHERE Epoch = 2 AND KeyedAt IS NOT NULL`,
  );

  expect([reset.code, positions]).toEqual([0, { n: 13, batches: '0' }]);
  const good = numbers(sent, sent + MESSAGES).length;
  await produce();
  const rows = await eventually(stored, ({ length }) => length >= before + good, PATIENCE_MS);
  expect(rows).toHaveLength(before + good);
}, 60_000);
