import { expect, test } from '@jest/globals';
import type { Grant } from '../../../core/platform/database-grants.ts';
import { logLines } from '../shared/log-lines.ts';
import { cluster, migrate, passwords, TABLES, useMigrations } from './migration-call.ts';
import { databaseError } from './migration-cluster.ts';

const USERS = [
  { User: 'causeway_fdi', SecretArn: 'arn:fdi' },
  { User: 'causeway_api', SecretArn: 'arn:api' },
];
const log = logLines();

useMigrations();

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
    'CREATE FUNCTION IF NOT EXISTS causeway.advanc',
    'CREATE FUNCTION IF NOT EXISTS causeway.overla',
    'CREATE FUNCTION IF NOT EXISTS causeway.advanc',
    'CREATE FUNCTION IF NOT EXISTS causeway.readmi',
    "CREATE USER IF NOT EXISTS 'causeway_fdi'@'%' ",
    "ALTER USER 'causeway_fdi'@'%' IDENTIFIED BY '",
    "CREATE USER IF NOT EXISTS 'causeway_api'@'%' ",
    "ALTER USER 'causeway_api'@'%' IDENTIFIED BY '",
    'GRANT SELECT, INSERT, UPDATE, DELETE ON `inte',
    ...Array(12).fill('GRANT SELECT, INSERT, UPDATE, DELETE ON `caus'),
    "GRANT EXECUTE ON `causeway`.* TO 'causeway_fd",
    "GRANT SHOW VIEW ON `integration`.* TO 'causew",
  ]);
  expect(cluster.ran).toContain("ALTER USER 'causeway_api'@'%' IDENTIFIED BY 'ApiApiApiApi1234'");
  expect(log.text()).not.toContain('ApiApiApiApi1234');
});

test.each([
  ['the database', databaseError(1419, 'You do not have the SUPER privilege and binary logging is enabled')],
  ['the Data API', Object.assign(new Error("Multistatements aren't supported"), { name: 'ValidationException' })],
])('a function that %s refuses to make is told in the log and stops nothing', async (_, refusal) => {
  cluster.faults.set('CREATE FUNCTION', [refusal]);

  expect(await migrate([], { scope: 'platform', users: USERS })).toMatchObject({ Status: 'SUCCESS' });
  expect(log.text()).toContain(refusal.message);
  expect(cluster.ran.at(-1)).toContain('GRANT');
});

test.each([
  [{ username: 'causeway_api', password: "x'; DROP USER root; --" }, 'password of causeway_api'],
  [{ username: 'causeway_api', password: 'short' }, 'password of causeway_api'],
  [{ username: 'root', password: 'RootRootRoot1234' }, 'does not hold {"username":"causeway_api"'],
  [undefined, 'does not hold'],
])('the secret %j makes no user, and its password is shown nowhere', async (secret, reason) => {
  delete passwords['arn:api'];
  Object.assign(passwords, secret && { 'arn:api': secret });

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
