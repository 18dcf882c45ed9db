import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import mysql, { type Connection } from 'mysql2/promise';
import { functionProcesses } from '../faults/processes.ts';
import { type PostgresqlServer, startPostgresql } from '../functions/shared/sources/postgresql-server.ts';
import { causeway, eventually, type Platform, removeFolder, startPlatform, temporaryFolder } from './platform.ts';
import { endLease, taskRuns } from './task-runs.ts';

const state = temporaryFolder();
let platform: Platform;
let connection: Connection;
let postgresql: PostgresqlServer;

beforeAll(async () => {
  postgresql = await startPostgresql();
  await postgresql.run('CREATE TABLE followed (id bigint PRIMARY KEY, name varchar(40) NOT NULL)');
  platform = await startPlatform({
    state,
    integration: `${import.meta.dirname}/scheduled/index.ts`,
    environment: {
      SCHEDULED_POSTGRESQL: `jdbc:postgresql://127.0.0.1:${postgresql.port}/shop`,
      SCHEDULED_PASSWORD: postgresql.password,
    },
  });
  const { host, port, user, password, database } = platform.file.mysql;
  connection = await mysql.createConnection({ host, port, user, password, database });
  // Its own minute would come in the middle of a test.
  await cli('task', 'stop', 'Rows');
}, 180_000);

const { cli, rowsOf, runsOf, run } = taskRuns(state, () => connection);

afterAll(async () => {
  await connection?.end();
  await platform?.stop();
  await postgresql?.stop();
  removeFolder(state);
}, 60_000);

test('rows arrive, changed ones again, late ones within the overlap, and one that does not fit is in the quarantine', async () => {
  await connection.query("INSERT INTO SourceRows (Id, Name) VALUES (1, 'one'), (2, 'two')");
  expect(await run('Rows')).toMatchObject({ state: 'succeeded', cause: 'once', read: 2, written: 2 });
  expect(await rowsOf('SELECT Id, Name FROM TargetRows ORDER BY Id')).toEqual([
    { Id: 1, Name: 'one' },
    { Id: 2, Name: 'two' },
  ]);
  await connection.query("UPDATE SourceRows SET Name = 'TWO' WHERE Id = 2");
  await connection.query(`INSERT INTO SourceRows (Id, Name, UpdatedAt) VALUES (3, 'late', NOW(3) - INTERVAL 10 MINUTE),
    (4, REPEAT('x', 150), NOW(3)), (5, 'too late', NOW(3) - INTERVAL 3 HOUR)`);

  expect(await run('Rows')).toMatchObject({ state: 'succeeded', read: 4, written: 2, unchanged: 1, rejected: 1 });

  expect(await rowsOf('SELECT Id, Name FROM TargetRows ORDER BY Id')).toEqual([
    { Id: 1, Name: 'one' },
    { Id: 2, Name: 'TWO' },
    { Id: 3, Name: 'late' },
  ]);
  const rejected = await rowsOf("SELECT Code, PartitionKey FROM causeway.quarantine WHERE Task = 'Rows'");
  expect(rejected).toEqual([{ Code: 'length', PartitionKey: expect.stringMatching(/^UpdatedAt=.*, Id=4$/) }]);
  expect(await cli('task', 'rejected', 'list', 'Rows')).toMatchObject({ items: [{ code: 'length' }] });
}, 60_000);

test('while a run goes on another one is left out; killed in the middle, it goes on from its place', async () => {
  const values = Array.from({ length: 60 }, (_, at) => `(${at})`).join();
  await connection.query(`INSERT INTO SlowSource VALUES ${values}`);
  await cli('task', 'run', '--tag', 'slow');
  await eventually(written, (count) => count > 0, 15_000);

  await cli('task', 'run', 'Slow');

  const [skipped, going] = await eventually(
    () => runsOf('Slow'),
    (all) => all.length > 1,
    10_000,
  );
  expect(skipped).toMatchObject({ state: 'skipped', error: `${going?.id} was still going` });
  for (const { pid } of functionProcesses(platform.pid, 'SlowRunner')) process.kill(pid, 'SIGKILL');
  const left = await written();
  expect(left).toBeLessThan(60);
  // Whoever comes next rolls back what the dead process left open, and leaves the task alone while its minute lasts.
  await cli('task', 'run', 'Slow');
  await eventually(
    () => runsOf('Slow'),
    (all) => all.filter((one) => one.state === 'skipped').length > 1,
    20_000,
  );
  await endLease(platform, { task: 'Slow', runner: 'SlowRunner' });
  await cli('task', 'run', 'Slow');
  await eventually(
    () => runsOf('Slow'),
    (all) => all.find(({ id }) => id === going?.id)?.state === 'succeeded',
    30_000,
  );
  expect((await runsOf('Slow')).find(({ id }) => id === going?.id)).toMatchObject({ attempts: 2, read: 60 });
  expect(await rowsOf('SELECT COUNT(*) AS n, COUNT(DISTINCT Id) AS d FROM SlowTarget')).toEqual([{ n: 60, d: 60 }]);
}, 90_000);

test('a started task follows its table into PostgreSQL within seconds, and a stopped one does no more', async () => {
  await connection.query("INSERT INTO FollowSource (Id, Name) VALUES (1, 'one'), (2, 'two')");
  await cli('task', 'start', 'Out');
  await eventually(followed, (rows) => rows.length === 2, 30_000);
  const from = Date.now();
  await connection.query("INSERT INTO FollowSource (Id, Name) VALUES (3, 'three')");
  await connection.query("UPDATE FollowSource SET Name = 'TWO' WHERE Id = 2");

  const rows = await eventually(followed, (all) => all.length === 3 && all[1]?.['name'] === 'TWO', 30_000);

  expect(rows).toEqual([
    { id: '1', name: 'one' },
    { id: '2', name: 'TWO' },
    { id: '3', name: 'three' },
  ]);
  expect(await cli('task', 'show', 'Out')).toMatchObject({ state: 'started', schedule: 'every 2 seconds' });
  // Looks that find nothing are no runs.
  const runs = await runsOf('Out');
  expect(runs.length).toBeLessThan(2 + (Date.now() - from) / 2000);
  expect(runs.every(({ state: how, read }) => how === 'succeeded' && read > 0)).toBe(true);
  await cli('task', 'stop', 'Out');
  // Seen within five seconds.
  await sleep(6000);
  await connection.query("INSERT INTO FollowSource (Id, Name) VALUES (4, 'after the stop')");
  await sleep(4000);
  expect((await followed()).length).toBe(3);
}, 90_000);

test('rows come back from PostgreSQL, and what follows the run is done: SQL at the source, and another task', async () => {
  await eventually(followed, (rows) => rows.length === 3, 1000);

  expect(await run('Back')).toMatchObject({ state: 'succeeded', read: 3, written: 3 });

  expect((await followed()).map(({ id }) => id)).toEqual(['2', '3']);
  await eventually(
    () => rowsOf('SELECT Id, Name FROM ChainTarget ORDER BY Id'),
    (rows) => rows.length === 3,
    20_000,
  );
  expect((await runsOf('Chained'))[0]).toMatchObject({ state: 'succeeded' });
}, 60_000);

test('list and show tell what a task reads, when, and how its last runs went', async () => {
  expect(await cli('task', 'list')).toEqual(
    expect.arrayContaining([
      expect.objectContaining({ name: 'Rows', state: 'stopped', source: 'SourceRows', schedule: 'every minute' }),
      expect.objectContaining({ name: 'Slow', mode: 'scheduled', lastRun: 'succeeded', tags: ['slow'] }),
    ]),
  );
  expect(await cli('task', 'show', 'Rows')).toMatchObject({ runs: expect.any(Array), written: 4, quarantined: 1 });
  const { code, stderr } = await causeway('task', 'run', 'Nothing', '--state', state);
  expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining('There is no task "Nothing".') });
}, 30_000);

async function written(): Promise<number> {
  return Number((await rowsOf('SELECT COUNT(*) AS n FROM SlowTarget'))[0]?.['n']);
}

function followed(): Promise<Record<string, unknown>[]> {
  return postgresql.run('SELECT id, name FROM followed ORDER BY id');
}
