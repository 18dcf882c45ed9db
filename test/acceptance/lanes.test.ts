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

async function stored(): Promise<{ readonly meter: string; readonly number: number }[]> {
  const connection = await mysql.createConnection({ ...platform.file.mysql });
  try {
    const [rows] = await connection.query('SELECT Meter AS meter, Number AS number FROM Readings ORDER BY Id');

    return rows as { meter: string; number: number }[];
  } finally {
    await connection.end();
  }
}

async function shown() {
  const { stdout } = await causeway('task', 'show', CONSUMER, '--json', '--state', platform.state);

  return JSON.parse(stdout) as { written: number; quarantined: number; shards: readonly { shard: string }[] };
}

const isBad = (number: number) => number % 97 === 50;
const numbers = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, at) => from + at).filter((number) => !isBad(number));

/** Every message once, in the order of its meter, the bad ones aside, all counted. */
async function check(): Promise<void> {
  const good = numbers(0, sent);
  const rows = await eventually(stored, (all) => all.length >= good.length, PATIENCE_MS);
  expect(rows.map(({ number }) => number).sort((a, b) => a - b)).toEqual(good);
  for (const [at, meter] of METERS.entries()) {
    const own = rows.filter((row) => row.meter === meter).map(({ number }) => number);
    expect(own).toEqual(good.filter((number) => number % METERS.length === at));
  }
  const counts = await eventually(shown, ({ written, quarantined }) => written + quarantined >= sent, PATIENCE_MS);
  expect(counts).toMatchObject({ written: good.length, quarantined: sent - good.length });
  expect(counts.shards).toHaveLength(1);
}

test('ten lanes write a shard, each message once and in the order of its key, though their processes are killed again and again', async () => {
  let [most, kills] = [0, 0];
  await produce();
  for (let more = 0; more < 4; more += 1) {
    const killing = setInterval(() => {
      const processes = functionProcesses(platform.pid, CONSUMER);
      most = Math.max(most, processes.length);
      kills += processes.filter(({ pid }) => signal(pid, 'SIGKILL')).length;
    }, 350);
    await produce();
    await new Promise((done) => setTimeout(done, 1000));
    clearInterval(killing);
  }

  await check();
  expect(most).toBeGreaterThan(1);
  expect(kills).toBeGreaterThan(5);
}, 180_000);
