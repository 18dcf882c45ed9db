import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { Grant } from '../../../core/platform/database-grants.ts';
import type { MigrationDefinitions } from '../../../core/platform/migration.ts';
import { migrationResource } from '../../../functions/platform/migrate.ts';
import { CloudFormation } from '../shared/cloud-formation.ts';
import { logLines } from '../shared/log-lines.ts';
import { ClusterFault, databaseError, MigrationCluster } from './migration-cluster.ts';

const TABLES = {
  name: '001-tables',
  sql: `-- one row per space: ok
        CREATE TABLE ParkingData (DeviceId VARCHAR(64) PRIMARY KEY, Status VARCHAR(16) /* 0 or 1 */);
        INSERT INTO ParkingData VALUES ('a;b', '0');`,
};
const INDEX = { name: '002-index', sql: 'CREATE INDEX ByStatus ON ParkingData (Status);' };
const USERS = [
  { User: 'causeway_fdi', SecretArn: 'arn:fdi' },
  { User: 'causeway_api', SecretArn: 'arn:api' },
];
const log = logLines();
let cloudFormation: CloudFormation;
let cluster: MigrationCluster;
let passwords: Record<string, { username: string; password: string }>;

beforeEach(async () => {
  process.env['DATABASE_NAME'] = 'integration';
  cloudFormation = new CloudFormation();
  cluster = new MigrationCluster();
  passwords = {
    'arn:fdi': { username: 'causeway_fdi', password: 'FdiFdiFdiFdi1234' },
    'arn:api': { username: 'causeway_api', password: 'ApiApiApiApi1234' },
  };
  await cloudFormation.start();
});

afterEach(async () => {
  await cloudFormation.stop();
});

interface Sent {
  readonly scope?: string;
  readonly grants?: readonly Grant[];
  readonly users?: readonly object[];
  readonly type?: 'Create' | 'Update' | 'Delete';
  readonly requestId?: string;
  readonly remainingMs?: () => number;
}

function migrate(migrations: MigrationDefinitions['migrations'], sent: Sent = {}) {
  const { scope = 'Parking', grants = [], users, type = 'Create', requestId = 'request-1', remainingMs } = sent;
  const handler = migrationResource({
    definitions: () => ({ scope, migrations, grants }),
    database: () => cluster.database,
    readSecret: async (arn) => passwords[arn],
    pause: async () => {},
  });
  const event = cloudFormation.event(type, { Hash: 'h', ...(users && { Users: users }) }, { RequestId: requestId });

  return cloudFormation.send(handler, event, remainingMs);
}

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

test('the platform makes its schema first and its users last, each with the password of its secret and its rights', async () => {
  const ledger = { name: '001-causeway', sql: 'CREATE TABLE causeway.position (Id INT)' };

  expect(await migrate([ledger], { scope: 'platform', users: USERS })).toMatchObject({ Status: 'SUCCESS' });

  expect(cluster.ran.map((sql) => sql.slice(0, 45))).toEqual([
    'CREATE DATABASE IF NOT EXISTS causeway CHARAC',
    'CREATE TABLE IF NOT EXISTS causeway.migration',
    'CREATE TABLE IF NOT EXISTS causeway.migration',
    'CREATE TABLE IF NOT EXISTS causeway.granted (',
    'INSERT INTO causeway.migration_lock (Id, Owne',
    'CREATE TABLE causeway.position (Id INT)',
    "CREATE USER IF NOT EXISTS 'causeway_fdi'@'%' ",
    "ALTER USER 'causeway_fdi'@'%' IDENTIFIED BY '",
    "CREATE USER IF NOT EXISTS 'causeway_api'@'%' ",
    "ALTER USER 'causeway_api'@'%' IDENTIFIED BY '",
    'GRANT SELECT, INSERT, UPDATE, DELETE ON `inte',
    'GRANT SELECT, INSERT, UPDATE, DELETE ON `caus',
    'GRANT SELECT, INSERT, UPDATE, DELETE ON `caus',
    'GRANT SELECT, INSERT, UPDATE, DELETE ON `caus',
  ]);
  expect(cluster.ran).toContain("ALTER USER 'causeway_api'@'%' IDENTIFIED BY 'ApiApiApiApi1234'");
  expect(log.text()).not.toContain('ApiApiApiApi1234');
});

test.each([
  [{ username: 'causeway_api', password: "x'; DROP USER root; --" }, 'password of causeway_api'],
  [{ username: 'causeway_api', password: 'short' }, 'password of causeway_api'],
  [{ username: 'root', password: 'RootRootRoot1234' }, 'does not hold {"username":"causeway_api"'],
  [undefined, 'does not hold'],
])('the secret %j makes no user, and its password is shown nowhere', async (secret, reason) => {
  passwords = { ...passwords, ...(secret && { 'arn:api': secret }) };
  if (secret === undefined) {
    delete passwords['arn:api'];
  }

  const answer = await migrate([], { scope: 'platform', users: USERS.slice(1) });

  expect(answer).toMatchObject({ Status: 'FAILED', Reason: expect.stringContaining(reason) });
  expect(cluster.ran.join('\n')).not.toContain('USER');
  expect(JSON.stringify(answer) + log.text()).not.toMatch(/DROP USER|short|RootRoot/);
});

test('a user that is none of ours is refused', async () => {
  passwords['arn:root'] = { username: 'root', password: 'RootRootRoot1234' };
  const users = [{ User: 'root', SecretArn: 'arn:root' }];

  expect(await migrate([], { scope: 'platform', users })).toMatchObject({
    Status: 'FAILED',
    Reason: expect.stringContaining('database user: received "root"'),
  });
});

test('a password that the database repeats in its message is hidden', async () => {
  cluster.faults.set('ALTER USER', [databaseError(1064, "error near 'ApiApiApiApi1234'")]);

  const answer = await migrate([], { scope: 'platform', users: USERS.slice(1) });

  expect(answer).toMatchObject({ Status: 'FAILED', Reason: expect.stringContaining("near '…'") });
  expect(log.text()).not.toContain('ApiApiApiApi1234');
});

const READ: Grant = { user: 'causeway_api', table: 'ParkingData', rights: ['SELECT'] };

test('an integration’s rights are given after its migrations, and taken away when they are declared no longer', async () => {
  await migrate([TABLES], { grants: [{ ...READ, rights: ['SELECT', 'INSERT'] }] });
  expect(cluster.ran.at(-1)).toBe("GRANT SELECT, INSERT ON `integration`.`ParkingData` TO 'causeway_api'@'%'");
  cluster.ran.length = 0;

  await migrate([TABLES], { type: 'Update', grants: [READ] });

  expect(cluster.ran).toEqual([
    "GRANT SELECT ON `integration`.`ParkingData` TO 'causeway_api'@'%'",
    "REVOKE INSERT ON `integration`.`ParkingData` FROM 'causeway_api'@'%'",
  ]);
});

test('a right that another stack has given too stays', async () => {
  await migrate([TABLES], { grants: [READ] });
  await migrate([], { scope: 'Other', grants: [READ] });
  cluster.ran.length = 0;

  await migrate([TABLES], { type: 'Update', grants: [] });
  expect(cluster.ran).toEqual([]);
  await migrate([], { scope: 'Other', type: 'Update', grants: [] });

  expect(cluster.ran).toEqual(["REVOKE SELECT ON `integration`.`ParkingData` FROM 'causeway_api'@'%'"]);
  expect(cluster.granted.size).toBe(0);
});

test('a right that went together with its table is no error', async () => {
  await migrate([TABLES], { grants: [READ] });
  cluster.faults.set('REVOKE', [databaseError(1147, 'There is no such grant defined')]);

  expect(await migrate([TABLES], { type: 'Update' })).toMatchObject({ Status: 'SUCCESS' });
});

test('rights named twice for a table are given together', async () => {
  await migrate([TABLES], { grants: [READ, { ...READ, rights: ['SELECT', 'DELETE'] }] });

  expect(cluster.ran.slice(2)).toEqual(["GRANT SELECT, DELETE ON `integration`.`ParkingData` TO 'causeway_api'@'%'"]);
});

test('rights on a table that does not exist are an error that names it', async () => {
  cluster.faults.set('GRANT', [databaseError(1146, "Table 'integration.ParkingData' doesn't exist")]);

  expect(await migrate([], { grants: [READ] })).toMatchObject({
    Status: 'FAILED',
    Reason: expect.stringMatching(/GRANT SELECT ON `integration`.`ParkingData`.*doesn't exist/),
  });
});

test.each([
  [{ user: 'causeway_reader' }, 'user: received "causeway_reader"'],
  [{ table: 'mysql`.`user' }, 'table: received'],
  [{ rights: ['ALL'] }, 'right on ParkingData: received "ALL"'],
  [{ rights: [] }, 'rights on ParkingData: received []'],
])('the rights %j are refused before anything runs', async (difference, reason) => {
  const answer = await migrate([TABLES], { grants: [{ ...READ, ...difference } as Grant] });

  expect(answer).toMatchObject({ Status: 'FAILED', Reason: expect.stringContaining(`grants of Parking: ${reason}`) });
  expect(cluster.ran).toEqual([]);
});
