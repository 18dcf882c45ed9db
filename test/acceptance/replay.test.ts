import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import mqtt from 'mqtt';
import mysql from 'mysql2/promise';
import {
  causeway,
  type DeviceLogin,
  eventually,
  type Platform,
  removeFolder,
  run,
  startPlatform,
  temporaryFolder,
} from './platform.ts';

const folder = join(import.meta.dirname, 'replay');
const state = temporaryFolder();
let platform: Platform;
let database: mysql.Connection;

const SENT = 30;
const LOST = 40;
const KEPT = 1000;
/** Under way while other things are tried. */
let replaying: ReturnType<typeof said>;

async function started(deployment: 'faulty' | 'mended'): Promise<void> {
  platform = await startPlatform({ state, integration: join(folder, `${deployment}.ts`) });
  database = await mysql.createConnection({ ...platform.file.mysql });
}

async function ended(): Promise<void> {
  await database?.end();
  await platform?.stop();
}

beforeAll(async () => {
  await started('faulty');
  await publish('S-1', [
    ...Array.from({ length: SENT }, (_, n) => JSON.stringify({ space: `P-${n}`, status: 'reserved' })),
    JSON.stringify({ space: 'P-0', status: '1' }),
    'no JSON',
  ]);
  await publish(
    'G-1',
    Array.from({ length: LOST }, (_, n) => JSON.stringify({ plate: `B-${n}` })),
  );
  await eventually(
    async () => [await quarantined('ReadingHistory'), await quarantined('SpaceState')],
    (counts) => counts.every((n) => n === SENT + 1),
    30_000,
  );
  await ended();
  await started('mended');
}, 240_000);

afterAll(async () => {
  await ended();
  removeFolder(state);
}, 60_000);

test('messages that no topic took are put into it, once, with all that they were sent with', async () => {
  const before = await items('error-store', 'list', '--product', 'ReplayGate');
  expect(before).toHaveLength(LOST);
  expect(await number('SELECT COUNT(*) AS n FROM Passage')).toBe(0);

  expect(await said('error-store', 'replay', 'GateMessages', '--key', String(before[0]?.['key']))).toMatchObject({
    ...{ code: 0, replayed: 1 },
  });
  expect(await said('error-store', 'replay', 'Passages', '--all')).toMatchObject({
    code: 0,
    replayed: LOST - 1,
    left: 0,
  });

  const rows = () => number('SELECT COUNT(*) AS n FROM Passage');
  expect(await eventually(rows, (n) => n >= LOST, 30_000)).toBe(LOST);
  const [counts] = await query(
    'SELECT COUNT(DISTINCT Plate) AS plates, COUNT(DISTINCT TraceId) AS traces, MIN(ClientId) AS client, MIN(Device) AS device FROM Passage',
  );
  expect(counts).toEqual({ plates: LOST, traces: LOST, client: login('G-1').clientId, device: 'G-1' });
  const times = (await query("SELECT DATE_FORMAT(EventTime, '%Y-%m-%dT%H:%i:%s.%fZ') AS at FROM Passage")).map(
    ({ at }) => String(at).replace('000Z', 'Z'),
  );
  expect(times.sort()).toEqual(before.map(({ at }) => String(at)).sort());
  expect(await items('error-store', 'list', '--product', 'ReplayGate')).toEqual([]);
}, 90_000);

test('a replay of a thousand messages has its function killed on the way', async () => {
  keepInErrorStore(KEPT);
  replaying = said('error-store', 'replay', 'Passages', '--all');
  const left = async () => (await items('error-store', 'list', '--product', 'ReplayGate', '--limit', '1000')).length;
  expect(await eventually(left, (n) => n < KEPT, 20_000)).toBeLessThan(KEPT);
  await killed('replayerrors');
}, 60_000);

test('what broke the model is written when the model is corrected; the ledger closes', async () => {
  const list = await items('task', 'rejected', 'list', 'ReadingHistory');
  expect(list).toContainEqual(
    expect.objectContaining({
      ...{ code: 'model', deviceId: 'S-1', attempts: 0 },
      reason: 'status (enum): received "reserved", allowed "0", "1"',
    }),
  );
  const [noJson] = list.filter(({ code }) => code === 'syntax');

  expect(await said('task', 'rejected', 'replay', 'ReadingHistory', '--column', 'status')).toMatchObject({
    ...{ code: 0, written: SENT, refused: [] },
  });
  expect(await said('task', 'rejected', 'replay', 'ReadingHistory', '--all')).toMatchObject({
    ...{ code: 1, written: 0, refused: [{ id: noJson?.['id'], code: 'syntax' }] },
  });
  const file = join(state, 'corrected.json');
  writeFileSync(file, '{"status":"0"}');
  const id = String(noJson?.['id']);
  await causeway(...on('task', 'rejected', 'edit', 'ReadingHistory', id, '--file', file));
  expect(await said('task', 'rejected', 'show', 'ReadingHistory', id)).toMatchObject({
    ...{
      body: Buffer.from('no JSON').toString('base64'),
      correction: Buffer.from('{"status":"0"}').toString('base64'),
    },
    attempts: 1,
  });
  expect(await said('task', 'rejected', 'replay', 'ReadingHistory', '--id', id)).toMatchObject({ code: 0, written: 1 });

  expect(await query('SELECT COUNT(*) AS n, COUNT(DISTINCT TraceId) AS traces FROM Reading')).toEqual([
    { n: SENT + 2, traces: SENT + 2 },
  ]);
  const task = await said('task', 'show', 'ReadingHistory');
  expect(task).toMatchObject({ written: SENT + 2, quarantined: 0 });
  expect(task['ledger']).toMatchObject({ lost: 0, doubled: 0 });
}, 90_000);

test('a consumer killed in the middle of a replay loses and doubles nothing; the stale state loses', async () => {
  const replaying = said('task', 'rejected', 'replay', 'SpaceState', '--code', 'model');
  await killed('spacestate');
  const answer = await replaying;

  expect(answer).toMatchObject({ code: 0, refused: [] });
  expect(await query('SELECT Status AS status, COUNT(*) AS n FROM Space GROUP BY Status ORDER BY Status')).toEqual([
    { status: '1', n: 1 },
    { status: 'reserved', n: SENT - 1 },
  ]);
  expect(await said('task', 'show', 'SpaceState')).toMatchObject({ written: SENT + 1, quarantined: 1 });
}, 90_000);

test('a rule forwards what its filter holds for, from both of a device’s topics; what is no JSON is in the log', async () => {
  const messages = ['{"level":5}', '{"level":15}', '{"kind":"alarm"}', 'no JSON', '{"level":"x"}'];
  await publish('M-1', messages);
  await publish('M-1', messages, `$aws/rules/ReplayMeter1/${login('M-1').publish}`);

  const [high, alarm] = [messages[1], messages[2]];
  const found = async () =>
    JSON.parse((await causeway(...on('message', 'query', 'Levels'))).stdout) as Readonly<Record<string, unknown>>[];
  const forwarded = await eventually(found, ({ length }) => length >= 4, 20_000);
  expect(forwarded.map(({ payload }) => payload)).toEqual([high, alarm, high, alarm]);
  expect(new Set(forwarded.map(({ device, product }) => `${product} ${device}`))).toEqual(
    new Set(['ReplayMeter1 M-1']),
  );
  const lines = platform
    .logs()
    .split('\n')
    .filter((line) => line.includes('Unreadable') && line.includes('not JSON'));
  expect(lines).toHaveLength(1);
  expect(JSON.parse(lines[0] ?? '')).toMatchObject({ status: 'Failure', clientId: login('M-1').clientId });
}, 60_000);

test('a device of a product without Basic Ingest is cut off when it tries', async () => {
  const { clientId, username, password, publish: topic } = login('G-1');
  const client = await mqtt.connectAsync(platform.file.mqtt.url, { clientId, username, password, reconnectPeriod: 0 });
  const closed = new Promise<string>((resolve) => client.once('close', () => resolve('closed')));
  client.publish(`$aws/rules/ReplayGate1/${topic}`, '{}', { qos: 1 });

  expect(await closed).toBe('closed');
  client.end(true);
}, 30_000);

test.each([
  [['task', 'rejected', 'replay', 'ReadingHistory', '--id', '999999'], 1, '999999 is not in the quarantine'],
  [['task', 'rejected', 'replay', 'Nobody', '--all'], 1, 'There is no task "Nobody".'],
  [['task', 'rejected', 'edit', 'ReadingHistory', '999999', '--take-back'], 1, 'has no quarantined record 999999'],
  [['error-store', 'replay', 'Nothing', '--all'], 1, 'There is no topic and no rule Nothing.'],
  [['error-store', 'replay', 'Passages', '--key', 'a/b/c'], 1, 'the error store has it no more'],
])(
  'causeway %j says what is wrong',
  async (argv, code, words) => {
    const answer = await causeway(...argv, '--state', state);

    expect(answer.code).toBe(code);
    expect(answer.stdout + answer.stderr).toContain(words);
  },
  30_000,
);

test('the replay whose function was killed has gone on by itself and put each message into the topic once', async () => {
  expect(await replaying).toMatchObject({ code: 0, replayed: KEPT, left: 0, skipped: [] });

  const plates = async () =>
    (await query("SELECT COUNT(*) AS n, COUNT(DISTINCT Plate) AS plates FROM Passage WHERE Plate LIKE 'K-%'"))[0];
  const found = await eventually(plates, (counts) => Number(counts?.['n']) >= KEPT, 60_000);
  expect(found).toEqual({ n: KEPT, plates: KEPT });
  expect(await items('error-store', 'list', '--product', 'ReplayGate')).toEqual([]);
}, 120_000);

/** As the gates' rule keeps them: a fault of two minutes. */
function keepInErrorStore(count: number): void {
  const { publish: topic, clientId } = login('G-1');
  const bucket = join(state, 'store', bucketName());
  const at = Date.now() - 120_000;
  mkdirSync(join(bucket, 'ReplayGate1/G-1'), { recursive: true });
  for (let n = 0; n < count; n += 1) {
    const report = {
      ...{ ruleName: 'GateMessages', topic, clientId, cloudwatchTraceId: `killed-${n}`, failures: [] },
      base64OriginalPayload: Buffer.from(JSON.stringify({ plate: `K-${n}` })).toString('base64'),
    };
    writeFileSync(
      join(bucket, `ReplayGate1/G-1/${at + n}-${crypto.randomUUID()}.Passages.json~`),
      JSON.stringify(report),
    );
  }
}

function bucketName(): string {
  return readdirSync(join(state, 'store')).find((name) => name.includes('errorstore')) ?? '';
}

/** Kills the processes that run the function, as soon as there is one: they are children of the platform we started. */
async function killed(name: string): Promise<void> {
  const find = async () => (await run('pgrep', ['-P', String(platform.pid), '-i', '-f', name])).stdout.trim();
  const pids = (await eventually(find, (found) => found !== '', 20_000)).split('\n').map(Number);

  expect(pids.every((pid) => pid > 1)).toBe(true);
  for (const pid of pids) process.kill(pid, 'SIGKILL');
}

function login(device: string): DeviceLogin {
  return platform.file.devices.find((one) => one.device === device) as DeviceLogin;
}

async function publish(
  device: string,
  payloads: readonly string[],
  topic: string = login(device).publish,
): Promise<void> {
  const { clientId, username, password } = login(device);
  const client = await mqtt.connectAsync(platform.file.mqtt.url, { clientId, username, password });
  for (const payload of payloads) {
    await client.publishAsync(topic, payload, { qos: 1 });
    // Each has its own millisecond.
    await sleep(2);
  }
  await client.endAsync();
}

const on = (...argv: readonly string[]) => [...argv, '--state', state, '--json'];

async function said(...argv: readonly string[]): Promise<Record<string, unknown>> {
  const { code, stdout, stderr } = await causeway(...on(...argv));

  return stdout === '' ? { code, stderr } : { code, ...JSON.parse(stdout) };
}

async function items(...argv: readonly string[]): Promise<Readonly<Record<string, unknown>>[]> {
  return (await said(...argv))['items'] as Readonly<Record<string, unknown>>[];
}

async function query(sql: string): Promise<Record<string, unknown>[]> {
  const [rows] = await database.query<mysql.RowDataPacket[]>(sql);

  return rows.map((row) => ({ ...row }));
}

async function number(sql: string): Promise<number> {
  return Number((await query(sql))[0]?.['n']);
}

const quarantined = (task: string) => number(`SELECT COUNT(*) AS n FROM causeway.quarantine WHERE Task = '${task}'`);
