import { expect, test } from '@jest/globals';
import { logLines } from '../shared/log-lines.ts';
import { cluster, migrate, TABLES, useMigrations } from './migration-call.ts';
import { ClusterFault, databaseError } from './migration-cluster.ts';

const INDEX = { name: '002-index', sql: 'CREATE INDEX ByStatus ON ParkingData (Status);' };

logLines();
useMigrations();

test('migrations run once, in order, statement by statement and without their comments', async () => {
  expect(await migrate([TABLES, INDEX])).toMatchObject({ Status: 'SUCCESS' });
  expect(await migrate([TABLES, INDEX], { type: 'Update' })).toMatchObject({ Status: 'SUCCESS' });

  expect(cluster.ran).toEqual([
    'CREATE TABLE ParkingData (DeviceId VARCHAR(64) PRIMARY KEY, Status VARCHAR(16) )',
    "INSERT INTO ParkingData VALUES ('a;b', '0')",
    'CREATE INDEX ByStatus ON ParkingData (Status)',
  ]);
  expect([...cluster.migrations.keys()]).toEqual(['Parking 001-tables', 'Parking 002-index']);
});

test('a new migration runs alone', async () => {
  await migrate([TABLES]);
  cluster.ran.length = 0;

  await migrate([TABLES, INDEX], { type: 'Update' });

  expect(cluster.ran).toEqual(['CREATE INDEX ByStatus ON ParkingData (Status)']);
});

test('two stacks may have migrations of the same name', async () => {
  await migrate([TABLES]);
  await migrate([TABLES], { scope: 'Other' });

  expect(cluster.ran).toHaveLength(4);
});

test('a migration of an older release that is known no longer is left alone', async () => {
  await migrate([TABLES, INDEX]);

  expect(await migrate([TABLES], { type: 'Update' })).toMatchObject({ Status: 'SUCCESS' });
});

test.each([
  ['a changed statement', TABLES.sql.replace('VARCHAR(64)', 'VARCHAR(65)')],
  ['a statement more', `${TABLES.sql} DROP TABLE Other;`],
  ['a statement less', TABLES.sql.slice(0, TABLES.sql.indexOf('INSERT'))],
])('%s in a migration that ran is refused by name, and nothing runs', async (_, sql) => {
  await migrate([TABLES]);
  cluster.ran.length = 0;

  const answer = await migrate([{ ...TABLES, sql }, INDEX], { type: 'Update' });

  expect(answer).toMatchObject({
    Status: 'FAILED',
    Reason:
      'The migration 001-tables of Parking has changed, but it ran at 2026-11-24 10:00:00.000: put its text back and write a new migration for the change.',
  });
  expect(cluster.ran).toEqual([]);
});

test('a comment in a migration that ran may change', async () => {
  await migrate([TABLES]);

  const answer = await migrate([{ ...TABLES, sql: TABLES.sql.replace('one row per space', 'the spaces') }]);

  expect(answer).toMatchObject({ Status: 'SUCCESS' });
});

test('a statement the database refuses is named, and after its correction the migration goes on from there', async () => {
  cluster.faults.set('CREATE INDEX', [databaseError(1064, 'You have an error in your SQL syntax')]);
  const wrong = { name: '002-more', sql: 'CREATE TABLE A (Id INT); CREATE INDEX Wrong;' };

  expect(await migrate([TABLES, wrong])).toMatchObject({
    Status: 'FAILED',
    Reason: expect.stringMatching(
      /migration 002-more of Parking, statement 2 \(CREATE INDEX Wrong\): .*You have an error in your SQL syntax/,
    ),
  });
  expect(
    await migrate([TABLES, { ...wrong, sql: 'CREATE TABLE A (Id INT); CREATE INDEX I ON A (Id);' }]),
  ).toMatchObject({
    Status: 'SUCCESS',
  });

  expect(cluster.ran.slice(2)).toEqual(['CREATE TABLE A (Id INT)', 'CREATE INDEX I ON A (Id)']);
});

test('what ran of a migration that failed may not change either', async () => {
  cluster.faults.set('INSERT INTO ParkingData', [databaseError(1062, 'Duplicate entry')]);
  await migrate([TABLES]);

  const answer = await migrate([{ ...TABLES, sql: TABLES.sql.replace('VARCHAR(64)', 'VARCHAR(65)') }]);

  expect(answer).toMatchObject({
    Status: 'FAILED',
    Reason: expect.stringContaining('but 1 of its statements have run'),
  });
});

test('a table that is in the way is an error, this time and the next', async () => {
  const inTheWay = () => databaseError(1050, "Table 'ParkingData' already exists");
  cluster.faults.set('CREATE TABLE ParkingData', [inTheWay(), inTheWay()]);

  for (const type of ['Create', 'Update'] as const) {
    expect(await migrate([TABLES], { type })).toMatchObject({
      Status: 'FAILED',
      Reason: expect.stringContaining("Table 'ParkingData' already exists"),
    });
  }
});

test('a table that an interrupted attempt has made already is what was wanted', async () => {
  cluster.faults.set('CREATE TABLE ParkingData', [
    new ClusterFault('TimeoutError', 'socket hang up'),
    databaseError(1050, "Table 'ParkingData' already exists"),
  ]);
  expect(await migrate([TABLES])).toMatchObject({
    Status: 'FAILED',
    Reason: expect.stringContaining('socket hang up'),
  });

  expect(await migrate([TABLES])).toMatchObject({ Status: 'SUCCESS' });

  expect(cluster.ran).toEqual(["INSERT INTO ParkingData VALUES ('a;b', '0')"]);
});

test('rows are written together with the note that they are: an interruption in between writes neither', async () => {
  await migrate([{ name: '001-tables', sql: 'CREATE TABLE ParkingData (Id INT)' }]);
  const rows = { name: '002-rows', sql: 'INSERT INTO ParkingData VALUES (1)' };
  cluster.faults.set('INSERT INTO causeway.migration (', [new ClusterFault('TimeoutError', 'socket hang up')]);
  const tables = { name: '001-tables', sql: 'CREATE TABLE ParkingData (Id INT)' };
  expect(await migrate([tables, rows])).toMatchObject({ Status: 'FAILED' });

  expect(await migrate([tables, rows])).toMatchObject({ Status: 'SUCCESS' });

  expect(cluster.ran.filter((sql) => sql.startsWith('INSERT INTO ParkingData'))).toHaveLength(1);
});

test('a definition that outlives its call is waited for', async () => {
  cluster.faults.set('CREATE INDEX', [
    new ClusterFault('StatementTimeoutException', 'Statement timed out', 17),
    databaseError(1061, "Duplicate key name 'ByStatus'"),
  ]);
  cluster.running.set(17, 3);

  expect(await migrate([TABLES, INDEX])).toMatchObject({ Status: 'SUCCESS' });
  expect(cluster.running.get(17)).toBe(-1);
});

test('a definition that outlives its call and fails in the end is an error', async () => {
  cluster.faults.set('CREATE INDEX', [
    new ClusterFault('StatementTimeoutException', 'Statement timed out', 17),
    databaseError(1114, "The table 'ParkingData' is full"),
  ]);

  expect(await migrate([TABLES, INDEX])).toMatchObject({
    Status: 'FAILED',
    Reason: expect.stringContaining('is full'),
  });
});

test('a definition that never shows its end is an error that says what to do', async () => {
  const late = () => new ClusterFault('StatementTimeoutException', 'Statement timed out', 17);
  cluster.faults.set('CREATE INDEX', [late(), late()]);

  expect(await migrate([TABLES, INDEX])).toMatchObject({
    Status: 'FAILED',
    Reason: expect.stringContaining('by hand'),
  });
});

test('only one migrates at a time: the others wait, and give up when their time is over', async () => {
  cluster.lock = { owner: 'somebody', expired: false, taken: 0 };

  expect(await migrate([TABLES], { remainingMs: () => 3000 })).toMatchObject({
    Status: 'FAILED',
    Reason: 'Another migration is running; try again when it has finished.',
  });
  expect(cluster.ran).toEqual([]);
});

test('who waits gets the lock when it is free, and gives it back', async () => {
  cluster.lock = { owner: 'somebody', expired: false, taken: 0 };
  let waits = 0;
  cluster.onStatement = (sql) => {
    waits += Number(sql.includes('OR ExpiresAt <'));
    cluster.lock.expired ||= waits === 3;
  };

  expect(await migrate([TABLES])).toMatchObject({ Status: 'SUCCESS' });
  expect(cluster.lock).toMatchObject({ owner: 'request-1', expired: true });
});

test('the lock is given back after a failure too', async () => {
  cluster.faults.set('CREATE TABLE ParkingData', [databaseError(1064, 'syntax')]);

  await migrate([TABLES]);

  expect(cluster.lock.expired).toBe(true);
});

test('who has lost the lock stops before the next statement', async () => {
  cluster.onStatement = (sql) => {
    if (sql.startsWith('CREATE TABLE ParkingData')) {
      cluster.lock = { owner: 'somebody', expired: false, taken: 0 };
    }
  };

  expect(await migrate([TABLES])).toMatchObject({
    Status: 'FAILED',
    Reason: expect.stringContaining('has taken over'),
  });
  expect(cluster.ran).toHaveLength(1);
});

test('a cluster that is resuming is waited for', async () => {
  const resuming = () => new ClusterFault('DatabaseResumingException', 'wait a few seconds');
  cluster.faults.set('SELECT 1', [resuming(), resuming()]);

  expect(await migrate([TABLES])).toMatchObject({ Status: 'SUCCESS' });
});

test.each([
  [5000, new ClusterFault('DatabaseResumingException', 'wait a few seconds'), 'wait a few seconds'],
  [60_000, new ClusterFault('AccessDeniedException', 'not authorized'), 'AccessDeniedException: not authorized'],
])('with %d ms left, a cluster that does not answer is reported: %s', async (milliseconds, fault, reason) => {
  cluster.faults.set('SELECT 1', [fault]);

  expect(await migrate([TABLES], { remainingMs: () => milliseconds })).toMatchObject({
    Status: 'FAILED',
    Reason: expect.stringContaining(reason),
  });
});

test('data outlives its stack: a deletion touches nothing', async () => {
  expect(await migrate([TABLES], { type: 'Delete' })).toMatchObject({ Status: 'SUCCESS' });
  expect(cluster.ran).toEqual([]);
});
