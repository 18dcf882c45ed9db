import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import mqtt from 'mqtt';
import mysql, { type RowDataPacket } from 'mysql2/promise';
import { functionProcesses, signal } from '../faults/processes.ts';
import { oneMongo } from '../functions/shared/sources/mongo-fixture.ts';
import { startPostgresql } from '../functions/shared/sources/postgresql-server.ts';
import { type MockCluster, startMockCluster } from './kafka/mock-cluster.ts';
import { causeway, eventually, type Platform, removeFolder, startPlatform } from './platform.ts';
import { type MysqlServer, startMysql } from './realtime-targets/mysql-server.ts';

const mongo = oneMongo();
let cluster: MockCluster;
let postgresql: Awaited<ReturnType<typeof startPostgresql>>;
let other: MysqlServer;
let shop: mysql.Pool;
let platform: Platform;
/** Somebody else's API, and what it was told. */
const told: { readonly key: string; readonly items: readonly { readonly no: number }[] }[] = [];
const api = createServer(async (request, response) => {
  const { items } = JSON.parse(await text(request));
  told.push({ key: String(request.headers['idempotency-key']), items });
  response.end();
});

beforeAll(async () => {
  [cluster, postgresql, other] = await Promise.all([startMockCluster(), startPostgresql(), startMysql()]);
  await postgresql.run(`CREATE TABLE readings (row serial PRIMARY KEY, n int NOT NULL, meter varchar(20), note varchar(40), twice bigint,
    at timestamp(3), batch_no text)`);
  const { port, user, password } = other;
  shop = mysql.createPool({ host: '127.0.0.1', port, user, password, database: 'shop' });
  await shop.query('CREATE TABLE KafkaOut (Place INT AUTO_INCREMENT PRIMARY KEY, N INT NOT NULL)');
  await shop.query(
    'CREATE TABLE FromRelay (Place INT AUTO_INCREMENT PRIMARY KEY, N INT NOT NULL, Id CHAR(32) NOT NULL, App VARCHAR(64) NOT NULL)',
  );
  await cluster.produce('out', 0, [entry(0)]);
  await new Promise<void>((resolve) => api.listen(0, '127.0.0.1', resolve));
  platform = await startPlatform({
    integration: `${import.meta.dirname}/realtime-targets/index.ts`,
    environment: {
      KAFKA_BROKERS: cluster.brokers,
      POSTGRESQL_URL: `jdbc:postgresql://localhost:${postgresql.port}/shop`,
      POSTGRESQL_USER: postgresql.user,
      POSTGRESQL_PASSWORD: postgresql.password,
      API_URL: `http://127.0.0.1:${(api.address() as AddressInfo).port}`,
      MYSQL_URL: `jdbc:mysql://localhost:${port}/shop`,
      MYSQL_USER: user,
      MYSQL_PASSWORD: password,
      MONGODB_URL: mongo.url,
    },
  });
}, 180_000);

afterAll(async () => {
  await shop?.end();
  await platform?.stop();
  api.close();
  await Promise.all([cluster?.stop(), postgresql?.stop(), other?.stop()]);
  removeFolder(platform?.state);
}, 60_000);

const entry = (n: number) => JSON.stringify({ n });
const task = (...args: string[]) => causeway('task', ...args, '--state', platform.state);
const upTo = (end: number) => Array.from({ length: end }, (_, n) => n);
const sorted = (numbers: readonly number[]) => numbers.toSorted((a, b) => a - b);

async function logged(): Promise<number[]> {
  const [rows] = await shop.query<(RowDataPacket & { N: number })[]>('SELECT N FROM KafkaOut ORDER BY Place');

  return rows.map(({ N }) => N);
}

async function relayed() {
  const sql = 'SELECT N, Id, App FROM FromRelay ORDER BY Place';

  return (await shop.query<(RowDataPacket & { N: number; Id: string; App: string })[]>(sql))[0];
}

interface Reading {
  readonly n: number;
  readonly meter: string;
  readonly note: string;
  readonly twice: string;
}

const readings = async () =>
  (await postgresql.run('SELECT n, meter, note, twice FROM readings ORDER BY row')) as unknown as Reading[];

/** Kills the task's consumer whenever there is one, so many times. */
async function killing(name: string, times: number): Promise<number> {
  let kills = 0;
  for (let tries = 0; kills < times && tries < 400; tries += 1) {
    kills += functionProcesses(platform.pid, name).filter(({ pid }) => signal(pid, 'SIGKILL')).length;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }

  return kills;
}

async function send(count: number): Promise<void> {
  const clients = await Promise.all(
    platform.file.devices.map(async ({ clientId, username, password, publish }) => ({
      publish,
      client: await mqtt.connectAsync(platform.file.mqtt.url, { clientId, username, password }),
    })),
  );
  for (const n of upTo(count)) {
    const { client, publish } = clients[n % clients.length] as (typeof clients)[number];
    const note = n % 100 === 50 ? 'far too long for a column of forty characters' : `reading ${n}`;
    await client.publishAsync(publish, JSON.stringify({ n, note }), { qos: 1 });
    if (n % 50 === 0) await new Promise((resolve) => setTimeout(resolve, 100));
  }
  await Promise.all(clients.map(({ client }) => client.endAsync()));
}

test("what devices send is in somebody else's PostgreSQL once and in their order, whatever is killed meanwhile; what does not fit is quarantined", async () => {
  const [, kills] = await Promise.all([send(600), killing('Readings', 4)]);
  const rows = await eventually(readings, ({ length }) => length >= 594, 40_000);

  expect(sorted(rows.map(({ n }) => n))).toEqual(upTo(600).filter((n) => n % 100 !== 50));
  for (const { device } of platform.file.devices) {
    const own = rows.filter(({ meter }) => meter === device).map(({ n }) => n);
    expect(own.length).toBeGreaterThan(150);
    expect(own).toEqual(sorted(own));
  }
  expect(rows[7]).toMatchObject({ note: `reading ${rows[7]?.n}`, twice: String(2 * (rows[7]?.n ?? 0)) });
  expect(kills).toBeGreaterThan(3);
  const shown = await eventually(
    async () => JSON.parse((await task('show', 'Readings', '--json')).stdout) as Record<string, unknown>,
    ({ written }) => written === 594,
    10_000,
  );
  expect(shown).toMatchObject({ table: 'readings', written: 594, quarantined: 6 });
  const rejected = JSON.parse((await task('rejected', 'list', 'Readings', '--json')).stdout).items as {
    code: string;
  }[];
  expect(rejected.map(({ code }) => code)).toEqual(Array(6).fill('length'));
}, 120_000);

test("a Kafka topic is in somebody else's MySQL once and in the order of its partitions, whatever is killed meanwhile", async () => {
  const produced = (async () => {
    for (let from = 1; from < 2001; from += 250) {
      const values = upTo(Math.min(2001, from + 250)).filter((n) => n >= from);
      for (const partition of [0, 1, 2, 3]) {
        await cluster.produce('out', partition, values.filter((n) => n % 4 === partition).map(entry));
      }
    }
  })();
  const [, kills, relays] = await Promise.all([produced, killing('KafkaOut', 4), killing('Relay', 4)]);
  const written = await eventually(logged, ({ length }) => length >= 2001, 40_000);

  expect(sorted(written)).toEqual(upTo(2001));
  for (const partition of [0, 1, 2, 3]) {
    const own = written.filter((n) => n % 4 === partition);
    expect(own).toEqual(sorted(own));
  }
  expect([kills, relays]).toEqual([4, expect.any(Number)]);
  expect(relays).toBeGreaterThan(2);
}, 120_000);

test('on its way through a topic each record arrives under one id, those of a key in their order', async () => {
  const rows = await eventually(relayed, (all) => new Set(all.map(({ N }) => N)).size >= 2001, 40_000);

  const firsts = [...Map.groupBy(rows, ({ Id }) => Id).values()].map(([first]) => first as (typeof rows)[number]);
  expect(sorted(firsts.map(({ N }) => N))).toEqual(upTo(2001));
  for (const partition of [0, 1, 2, 3]) {
    const own = firsts.filter(({ N }) => N % 4 === partition).map(({ N }) => N);
    expect(own).toEqual(sorted(own));
  }
  expect(firsts[0]?.App).toBe('Owner');
}, 60_000);

test('an API is told of each record, and again only under the key of the first time', async () => {
  const numbers = () => told.flatMap(({ items }) => items.map(({ no }) => no));
  const all = await eventually(
    async () => numbers(),
    (found) => new Set(found).size >= 2001,
    40_000,
  );

  expect(sorted([...new Set(all)])).toEqual(upTo(2001));
  for (const same of Map.groupBy(told, ({ key }) => key).values()) {
    expect(same.map(({ items }) => items)).toEqual(same.map(() => same[0]?.items));
  }
}, 60_000);

test('a message is tried without being written, and its sides are tested', async () => {
  const tried = await task('try', 'KafkaOut', '--message', '{"n":7}', '--json');
  expect(JSON.parse(tried.stdout)).toMatchObject({
    ...{ outcome: 'written', table: 'KafkaOut', row: { N: '7' } },
    sql: expect.stringContaining('INSERT INTO `KafkaOut`'),
  });
  const message = JSON.parse((await task('try', 'Relay', '--message', '{"n":7}', '--json')).stdout);
  expect(message).toMatchObject({ outcome: 'written', table: 'topic Relayed', row: { No: '7', Part: '3' } });
  const tested = (name: string) => causeway('datasource', 'test', name, '--state', platform.state);
  expect(await tested('Readings.target')).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/writes readings +ok/),
  });
  expect(await tested('KafkaOut.source')).toMatchObject({ code: 0, stdout: expect.stringMatching(/knows out +ok/) });
}, 60_000);

test('the same is in a collection of a MongoDB once and in its order, whatever is killed meanwhile; a batch is undone', async () => {
  const documents = mongo.collection<{ n: number; meter: { id: string }; twice: number; batch: string }>('readings');
  const count = (wanted: number) =>
    eventually(
      () => documents.countDocuments(),
      (n) => n >= wanted,
      40_000,
    );
  await count(600);
  const [, kills] = await Promise.all([send(300), killing('Documents', 4)]);
  await mongo.endTransactions();
  await count(900);

  const found = await documents.find().toArray();
  expect(sorted(found.map(({ n }) => n))).toEqual(sorted([...upTo(600), ...upTo(300)]));
  expect(found.every(({ n, twice }) => twice === 2 * n)).toBe(true);
  for (const { device } of platform.file.devices) {
    const own = found.filter(({ meter }) => meter.id === device).map(({ n }) => n);
    // Each was sent twice: up to the end of the first time, then from the beginning.
    const again = own.findIndex((n, at) => n < (own[at - 1] ?? 0));
    expect([...sorted(own.slice(0, again)), ...sorted(own.slice(again))]).toEqual(own);
  }
  expect(kills).toBeGreaterThan(2);
  const shown = await eventually(
    async () => JSON.parse((await task('show', 'Documents', '--json')).stdout) as Record<string, unknown>,
    ({ written }) => written === 900,
    10_000,
  );
  expect(shown).toMatchObject({ table: 'readings', written: 900, quarantined: 0 });
  const [last] = found.slice(-1);
  const carrying = found.filter(({ batch }) => batch === last?.batch).length;
  const undone = await task('rollback', 'Documents', String(last?.batch), '--yes', '--json');
  expect(JSON.parse(undone.stdout)).toMatchObject({ deleted: carrying, left: 0 });
  expect(await documents.countDocuments()).toBe(900 - carrying);
}, 150_000);

test('a Kafka topic is in a collection of a MongoDB', async () => {
  const entries = mongo.collection<{ _id: number }>('entries');
  await eventually(
    () => entries.countDocuments(),
    (n) => n >= 2001,
    40_000,
  );

  expect(sorted((await entries.find().toArray()).map(({ _id }) => _id))).toEqual(upTo(2001));
  const tried = JSON.parse((await task('try', 'KafkaDocuments', '--message', '{"n":7}', '--json')).stdout);
  expect(tried).toMatchObject({ outcome: 'written', table: 'entries', row: { _id: '7' } });
  expect(await causeway('datasource', 'test', 'KafkaDocuments.target', '--state', platform.state)).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/writes causeway_feed +ok/),
  });
}, 60_000);
