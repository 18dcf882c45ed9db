import { afterAll, beforeAll, expect, test } from '@jest/globals';
import mqtt, { type MqttClient } from 'mqtt';
import mysql, { type Connection } from 'mysql2/promise';
import { type PostgresqlServer, startPostgresql } from '../functions/shared/sources/postgresql-server.ts';
import { causeway, eventually, type Platform, removeFolder, startPlatform } from './platform.ts';

let platform: Platform;
let postgresql: PostgresqlServer;
let connection: Connection;
let meter: MqttClient;
let publish = '';

beforeAll(async () => {
  postgresql = await startPostgresql();
  await postgresql.run(
    'CREATE TABLE copies (meter varchar(20) PRIMARY KEY, level int NOT NULL, batchno text NOT NULL)',
  );
  platform = await startPlatform({
    integration: `${import.meta.dirname}/rollback/index.ts`,
    environment: {
      ROLLBACK_POSTGRESQL: `jdbc:postgresql://localhost:${postgresql.port}/shop`,
      ROLLBACK_PASSWORD: postgresql.password,
    },
  });
  const { host, port, user, password, database } = platform.file.mysql;
  connection = await mysql.createConnection({ host, port, user, password, database });
  const [device] = platform.file.devices;
  publish = device?.publish ?? '';
  meter = await mqtt.connectAsync(platform.file.mqtt.url, {
    clientId: device?.clientId ?? '',
    username: device?.username ?? '',
    password: device?.password ?? '',
  });
}, 180_000);

afterAll(async () => {
  await meter?.endAsync(true);
  await connection?.end();
  await platform?.stop();
  await postgresql?.stop();
  removeFolder(platform?.state);
}, 60_000);

interface Level {
  readonly Meter: string;
  readonly Level: number;
  readonly BatchNo: string;
}

async function levels(): Promise<Readonly<Record<string, readonly [number, string]>>> {
  const [rows] = await connection.query('SELECT Meter, Level, BatchNo FROM Levels ORDER BY Meter');

  return Object.fromEntries((rows as Level[]).map(({ Meter, Level: level, BatchNo }) => [Meter, [level, BatchNo]]));
}

async function send(values: Readonly<Record<string, number>>) {
  for (const [name, level] of Object.entries(values)) {
    await meter.publishAsync(publish, JSON.stringify({ meter: name, level }), { qos: 1 });
  }

  return eventually(
    levels,
    (found) => Object.entries(values).every(([name, level]) => found[name]?.[0] === level),
    20_000,
  );
}

const rollback = (...args: string[]) => causeway('task', 'rollback', ...args, '--state', platform.state);

test('a batch of messages is undone through the command, first shown, and the ledger goes on adding up', async () => {
  const before = await send({ A: 1 });
  const after = await send({ A: 2 });
  const [, batch = ''] = after['A'] ?? [];

  const dry = await rollback('Levels', batch, '--dry-run');
  expect(dry.stdout).toContain('1  would be as they were before it');
  expect(await levels()).toEqual(after);
  const unasked = await rollback('Levels', batch);
  expect(unasked).toMatchObject({ code: 2, stderr: expect.stringContaining('say --yes') });
  const done = await rollback('Levels', batch, '--yes');
  expect(done).toMatchObject({ code: 0, stdout: expect.stringContaining('1  are as they were before it') });
  expect(await levels()).toEqual(before);
  const task = await causeway('task', 'show', 'Levels', '--json', '--state', platform.state);
  expect(JSON.parse(task.stdout)).toMatchObject({ written: 2, quarantined: 0, undone: { batches: 1, rows: 1 } });
  const unknown = await rollback('Levels', 'f'.repeat(15), '--yes');
  expect(unknown).toMatchObject({ code: 1, stderr: expect.stringContaining('Nothing is kept of a batch') });
}, 60_000);

test('a page that a run wrote into another PostgreSQL is undone there', async () => {
  await send({ B: 1 });
  const run = async () => {
    expect(await causeway('task', 'run', 'Copies', '--state', platform.state)).toMatchObject({ code: 0 });
  };
  const copies = async () => {
    const rows = (await postgresql.run('SELECT meter, level, batchno FROM copies ORDER BY meter')) as unknown as {
      meter: string;
      level: number;
      batchno: string;
    }[];

    return Object.fromEntries(rows.map(({ meter: name, level, batchno }) => [name, [level, batchno] as const]));
  };
  await run();
  const before = await eventually(copies, (rows) => rows['B']?.[0] === 1, 20_000);
  await send({ B: 2, C: 2 });
  await run();
  const after = await eventually(copies, (rows) => rows['C']?.[0] === 2, 20_000);
  const [, batch = ''] = after['C'] ?? [];

  const done = await rollback('Copies', batch, '--yes', '--json');
  expect(JSON.parse(done.stdout)).toMatchObject({ restored: 1, deleted: 1, left: 0, done: true });
  expect(await copies()).toEqual(before);
}, 60_000);
