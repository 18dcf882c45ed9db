import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import mysql, { type Connection } from 'mysql2/promise';
import { type PostgresqlServer, startPostgresql } from '../functions/shared/sources/postgresql-server.ts';
import { causeway, eventually, type Platform, removeFolder, startPlatform, temporaryFolder } from './platform.ts';
import { taskRuns } from './task-runs.ts';

const state = temporaryFolder();
let platform: Platform;
let connection: Connection;
let postgresql: PostgresqlServer;
const TOO_LONG = 'much too long for it';
/** Somebody else's API, and what it took: it knows no long names either. */
const taken: { readonly Id: number; readonly Name: string | null }[] = [];
const api = createServer(async (request, response) => {
  if (request.method !== 'POST') {
    // The test of the target asks, and sends nothing.
    response.writeHead(204, { allow: 'OPTIONS, POST' }).end();
    return;
  }
  const row = JSON.parse(await text(request));
  response.statusCode = row.Name === TOO_LONG ? 422 : 201;
  if (response.statusCode === 201) taken.push(row);
  response.end();
});

beforeAll(async () => {
  postgresql = await startPostgresql();
  await postgresql.run('CREATE TABLE copied (id bigint PRIMARY KEY, name varchar(10), batch_no text)');
  await postgresql.run('CREATE TABLE read (id bigint PRIMARY KEY, name varchar(10), at timestamp(3), batch_no text)');
  await new Promise<void>((resolve) => api.listen(0, '127.0.0.1', resolve));
  platform = await startPlatform({
    state,
    integration: `${import.meta.dirname}/rejected-runs/index.ts`,
    environment: {
      POSTGRESQL_URL: `jdbc:postgresql://127.0.0.1:${postgresql.port}/shop`,
      POSTGRESQL_PASSWORD: postgresql.password,
      API_URL: `http://127.0.0.1:${(api.address() as AddressInfo).port}`,
    },
  });
  const { host, port, user, password, database } = platform.file.mysql;
  connection = await mysql.createConnection({ host, port, user, password, database });
  await connection.query(`INSERT INTO Source VALUES (1, 'fine'), (2, '${TOO_LONG}'), (3, NULL)`);
}, 180_000);

const { cli, rowsOf, run } = taskRuns(state, () => connection);

afterAll(async () => {
  await connection?.end();
  await platform?.stop();
  await postgresql?.stop();
  api.close();
  removeFolder(state);
}, 60_000);

interface Listed {
  readonly items: readonly { readonly id: number; readonly code: string; readonly position: string | null }[];
}

/** Corrects the one record that a task has in quarantine, as somebody with an editor does. */
async function correct(task: string, name: string, changed: (payload: string) => string) {
  const { items } = await cli<Listed>('task', 'rejected', 'list', task);
  expect(items.length).toBe(1);
  const [item] = items as [Listed['items'][number]];
  const { stdout } = await causeway('task', 'rejected', 'show', task, `${item.id}`, '--raw', '--state', state);
  const file = join(state, `${task}-${name}.json`);
  writeFileSync(file, changed(stdout));
  await cli('task', 'rejected', 'edit', task, `${item.id}`, '--file', file);

  return item;
}

const shortened = (payload: string) => payload.replace(TOO_LONG, 'fits');
const read = () => postgresql.run('SELECT id::int, name FROM read ORDER BY id');

test('what did not fit is corrected and written: into the platform, PostgreSQL, a topic and an API', async () => {
  for (const task of ['IntoPlatform', 'IntoPostgresql', 'IntoApi', 'IntoTopic']) {
    expect(await run(task)).toMatchObject({ state: 'succeeded', read: 3, written: 2, rejected: 1 });
  }

  expect(await correct('IntoPlatform', 'row', shortened)).toMatchObject({ code: 'length', position: 'Id=2' });
  expect(await cli('task', 'rejected', 'replay', 'IntoPlatform', '--all')).toMatchObject({ written: 1, refused: [] });
  expect(await rowsOf('SELECT Id, Name FROM Kept ORDER BY Id')).toEqual([
    { Id: 1, Name: 'fine' },
    { Id: 2, Name: 'fits' },
    { Id: 3, Name: null },
  ]);
  expect(await cli('task', 'show', 'IntoPlatform')).toMatchObject({ written: 3, quarantined: 0 });
  expect(await cli('task', 'runs', 'IntoPlatform')).toMatchObject([{ cause: 'replay', read: 1, written: 1 }, {}]);
  // The source has it as it was: it is no news to the next run.
  expect(await run('IntoPlatform')).toMatchObject({ unchanged: 2, rejected: 1 });
  expect(await cli('task', 'rejected', 'list', 'IntoPlatform')).toEqual({ items: [] });

  await correct('IntoPostgresql', 'row', shortened);
  const asked = await causeway('task', 'rejected', 'replay', 'IntoPostgresql', '--all', '--state', state);
  expect(asked.stderr).toContain('--overwrite');
  const replay = ['task', 'rejected', 'replay', 'IntoPostgresql', '--code', 'length', '--overwrite'];
  expect(await cli(...replay)).toMatchObject({ written: 1 });
  expect(await postgresql.run('SELECT id::int, name FROM copied WHERE id = 2')).toEqual([{ id: 2, name: 'fits' }]);

  expect(await correct('IntoApi', 'row', shortened)).toMatchObject({ code: 'answer' });
  expect(await cli('task', 'rejected', 'replay', 'IntoApi', '--all')).toMatchObject({ written: 1 });
  expect(taken.map(({ Id, Name }) => [Id, Name])).toEqual([
    [1, 'fine'],
    [3, null],
    [2, 'fits'],
  ]);

  await correct('IntoTopic', 'key', (payload) => payload.replace('null', '"three"'));
  expect(await cli('task', 'rejected', 'replay', 'IntoTopic', '--all')).toMatchObject({ written: 1 });
  await eventually(read, (rows) => rows.length === 2, 20_000);
  expect(await read()).toEqual([
    { id: 1, name: 'fine' },
    { id: 3, name: 'three' },
  ]);
}, 120_000);

test('messages that did not fit into PostgreSQL are written after all, count as written, and their batch is undone', async () => {
  await eventually(
    () => cli<Listed>('task', 'rejected', 'list', 'FromTopic'),
    ({ items }) => items.length === 1,
    20_000,
  );
  await correct('FromTopic', 'message', shortened);

  expect(await cli('task', 'rejected', 'replay', 'FromTopic', '--all')).toMatchObject({ written: 1, refused: [] });

  expect((await read()).map(({ name }) => name)).toEqual(['fine', 'fits', 'three']);
  expect(await cli('task', 'show', 'FromTopic')).toMatchObject({ written: 3, quarantined: 0 });
  const { items } = await cli<{ items: { batch: string; rows: number; isUndoable: boolean }[] }>(
    ...['task', 'batches', 'FromTopic'],
  );
  expect(items[0]).toMatchObject({ rows: 1, added: 1, undone: 0, isUndoable: true });
  expect(await cli('task', 'rollback', 'FromTopic', items[0]?.batch ?? '', '--yes')).toMatchObject({ deleted: 1 });
  expect((await read()).map(({ name }) => name)).toEqual(['fine', 'three']);
  expect(await cli('task', 'batches', 'FromTopic')).toMatchObject({
    items: expect.arrayContaining([expect.objectContaining({ batch: items[0]?.batch, undone: 1, isUndoable: false })]),
  });
}, 60_000);
