import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import mysql, { type Connection, type RowDataPacket } from 'mysql2/promise';
import { digestOf, type Migration, statementsOf } from '../../core/platform/migration.ts';
import { migrationsOf } from '../../lib/platform/migration-files.ts';
import type { MysqlCluster, MysqlEngine } from '../../local/engines.ts';
import { createLogs, type Logs } from '../../local/log.ts';
import { createMysqlEngine } from '../../local/mysql/engine.ts';
import { freePort } from './endpoint.ts';

const ROOT = join(import.meta.dirname, '../..');
const FOLDERS = ['lib/platform/migrations', 'integrations/parking/sql'];

/** What was released once stays: a database that has run it refuses another text. New migrations are added here. */
const RELEASED: Readonly<Record<string, string>> = {
  'lib/platform/migrations/001-causeway': '57129337c7fd444f',
  'lib/platform/migrations/002-ledger': '743bafa87d86338f',
  'lib/platform/migrations/003-model-version': '00a769404495cd42',
  'lib/platform/migrations/004-acknowledged': 'fa74df1cab956c1c',
  'integrations/parking/sql/001-tables': '2bf5631ce4357c18',
  'integrations/parking/sql/002-gates': 'bc5aafb83d861b1f',
};

let state: string;
let logs: Logs;
let engine: MysqlEngine;
let cluster: MysqlCluster;

beforeAll(async () => {
  state = mkdtempSync(join(tmpdir(), 'causeway-migrations-'));
  logs = createLogs(state);
  engine = createMysqlEngine({ state, ports: { mysql: await freePort() } as never, logs, progress: () => undefined });
  cluster = await engine.applyCluster({
    identifier: 'test',
    database: 'integration',
    masterUsername: 'master',
    masterPassword: 'password',
    parameters: { collation_server: 'utf8mb4_unicode_ci', sql_mode: 'STRICT_ALL_TABLES,ONLY_FULL_GROUP_BY' },
    dataApiEnabled: true,
  });
}, 60_000);

afterAll(async () => {
  await engine?.stop();
  logs?.close();
  rmSync(state, { recursive: true, force: true });
}, 60_000);

test.each(Object.keys(RELEASED))('%s, once released, has the text it was released with', (released) => {
  const [folder, name] = [released.slice(0, released.lastIndexOf('/')), released.slice(released.lastIndexOf('/') + 1)];
  const migration = migrationsIn(folder).find((found) => found.name === name);

  expect(digestOf(statementsOf(migration as Migration)).slice(0, 16)).toBe(RELEASED[released]);
});

const PREVIOUS = FOLDERS.flatMap((folder) => {
  const migrations = migrationsIn(folder);

  return migrations.slice(1).map(({ name }, index) => ({ folder, name, ran: index + 1 }));
});

test.each(PREVIOUS)(
  '$folder up to the release before $name: what it holds survives what comes',
  async ({ folder, ran }) => {
    const migrations = migrationsIn(folder);
    const connection = await emptied(folder);
    await run(connection, migrations.slice(0, ran));
    await fill(connection);
    const before = await contents(connection);
    expect(Object.values(before).flat().length).toBeGreaterThan(1);

    await run(connection, migrations.slice(ran));
    const after = await contents(connection);

    for (const [table, rows] of Object.entries(before)) {
      expect(after[table]).toEqual(expect.arrayContaining(rows.map((row) => expect.objectContaining(row))));
    }
    await connection.end();
  },
);

test.each(FOLDERS)('%s: every table names its character set and its collation', async (folder) => {
  const connection = await emptied(folder);
  await run(connection, migrationsIn(folder));
  const [made] = await connection.query<RowDataPacket[]>(
    `SELECT COUNT(*) AS tables FROM information_schema.tables WHERE ${OURS}`,
  );
  const texts = migrationsIn(folder)
    .map(({ sql }) => sql)
    .join('\n');

  expect(made[0]?.['tables']).toBe(texts.match(/CREATE TABLE/g)?.length);
  expect(texts.match(/CREATE TABLE[^;]*CHARACTER SET utf8mb4 COLLATE \w+;/g)?.length).toBe(made[0]?.['tables']);
  await connection.end();
});

const OURS = "table_schema IN ('integration', 'causeway') AND table_type = 'BASE TABLE'";

function migrationsIn(folder: string): readonly Migration[] {
  return migrationsOf(join(ROOT, folder)).migrations;
}

async function emptied(folder: string): Promise<Connection> {
  const { host, port } = cluster;
  const connection = await mysql.createConnection({
    host,
    port,
    user: 'master',
    password: 'password',
    dateStrings: true,
  });
  await connection.query('DROP DATABASE IF EXISTS causeway');
  await connection.query('DROP DATABASE integration');
  await connection.query('CREATE DATABASE integration');
  await connection.query(folder.startsWith('lib/') ? 'USE mysql' : 'USE integration');

  return connection;
}

async function run(connection: Connection, migrations: readonly Migration[]): Promise<void> {
  for (const statement of migrations.flatMap(statementsOf)) {
    await connection.query(statement);
  }
}

/** A row of its own in every table, whatever its columns are. */
async function fill(connection: Connection): Promise<void> {
  const [columns] = await connection.query<RowDataPacket[]>(
    `SELECT CONCAT('\`', table_schema, '\`.\`', table_name, '\`') AS place, column_name AS name, data_type AS type, column_type AS full
     FROM information_schema.columns JOIN information_schema.tables USING (table_schema, table_name) WHERE ${OURS}`,
  );
  for (const [place, of] of Map.groupBy(columns, (column) => String(column['place']))) {
    const names = of.map((column) => `\`${column['name']}\``).join(', ');
    const values = of.map((column) => sample(String(column['type']), String(column['full'])));
    await connection.query(`INSERT INTO ${place} (${names}) VALUES (${values.join(', ')})`);
  }
}

function sample(type: string, full: string): string {
  if (type === 'enum') {
    return full.slice(full.indexOf("'"), full.indexOf("'", full.indexOf("'") + 1) + 1);
  }
  if (/date/.test(type)) {
    return "'2026-11-24 10:00:00'";
  }
  return /int|decimal/.test(type) ? '7' : "'é'".replace('é', /char\(1\)/.test(full) ? 'x' : 'row');
}

async function contents(connection: Connection): Promise<Record<string, Record<string, unknown>[]>> {
  const [tables] = await connection.query<RowDataPacket[]>(
    `SELECT CONCAT('\`', table_schema, '\`.\`', table_name, '\`') AS place FROM information_schema.tables WHERE ${OURS}`,
  );
  const all: Record<string, Record<string, unknown>[]> = {};
  for (const { place } of tables) {
    const [rows] = await connection.query<RowDataPacket[]>(`SELECT * FROM ${place}`);
    all[String(place)] = rows.map((row) => ({ ...row }));
  }
  return all;
}
