import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import mysql from 'mysql2/promise';
import type { MysqlCluster, MysqlEngine } from '../../local/engines.ts';
import { createLogs, type Logs } from '../../local/log.ts';
import { createMysqlEngine } from '../../local/mysql/engine.ts';
import { freePort } from './endpoint.ts';

const definition = {
  identifier: 'test',
  database: 'integration',
  masterUsername: 'master',
  masterPassword: 'password',
  parameters: { collation_server: 'utf8mb4_unicode_ci' },
  dataApiEnabled: true,
};

let state: string;
let logs: Logs;
let port: number;
let engine: MysqlEngine;
let cluster: MysqlCluster;

beforeAll(async () => {
  state = mkdtempSync(join(tmpdir(), 'causeway-mysql-'));
  logs = createLogs(state);
  port = await freePort();
  engine = makeEngine();
  cluster = await engine.applyCluster(definition);
}, 60_000);

afterAll(async () => {
  await engine?.stop();
  logs?.close();
  rmSync(state, { recursive: true, force: true });
}, 60_000);

test('the master logs in with the password it was given last', async () => {
  expect(await query('SELECT DATABASE() AS name')).toEqual([{ name: 'integration' }]);

  await engine.applyCluster({ ...definition, masterPassword: 'another' });
  await expect(query('SELECT 1')).rejects.toMatchObject({ errno: 1045 });
  await engine.applyCluster(definition);
  await query('SELECT 1');
});

test('nobody is let in without a password', async () => {
  for (const user of ['root', '', 'mariadb.sys', 'causeway_local']) {
    await expect(mysql.createConnection({ host: cluster.host, port, user })).rejects.toMatchObject({ errno: 1045 });
  }
});

test('it listens on this machine only', () => {
  const listening = execFileSync('cat', ['/proc/net/tcp'], { encoding: 'utf8' })
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter(
      ([, local, , status]) =>
        status === '0A' && local?.endsWith(`:${port.toString(16).toUpperCase().padStart(4, '0')}`),
    );

  expect(listening.map(([, local]) => local?.slice(0, 8))).toEqual(['0100007F']);
});

test('a server that is killed is started again with everything that was committed', async () => {
  await query('CREATE OR REPLACE TABLE t (Id INT PRIMARY KEY) ENGINE = InnoDB');
  await query('INSERT INTO t VALUES (1)');
  const before = serverPid();
  process.kill(before, 'SIGKILL');

  const rows = await eventually(() => query('SELECT * FROM t'));

  expect(rows).toEqual([{ Id: 1 }]);
  expect(serverPid()).not.toBe(before);
});

test('other parameters restart it with them', async () => {
  await engine.applyCluster({ ...definition, parameters: { sql_mode: 'TRADITIONAL' } });

  expect((await query('SELECT @@GLOBAL.sql_mode AS mode'))[0]?.['mode']).toContain('TRADITIONAL');
  await engine.applyCluster(definition);
});

test('a second cluster is refused', async () => {
  await expect(engine.applyCluster({ ...definition, identifier: 'other' })).rejects.toThrow(
    'the local platform runs one AWS::RDS::DBCluster; test is there, other would be the second',
  );
});

test("a dead runtime's server is stopped before its data folder is used again", async () => {
  await engine.stop();
  const script = new URL('mysql-orphan.ts', import.meta.url).pathname;
  const runtime = spawn(process.execPath, [script, state, String(port), JSON.stringify(definition)]);
  await once(runtime.stdout, 'data');
  runtime.kill('SIGKILL');
  await once(runtime, 'exit');
  const orphan = serverPid();
  expect(isRunning(orphan)).toBe(true);

  await engine.applyCluster(definition);

  expect(isRunning(orphan)).toBe(false);
  expect(await query('SELECT * FROM t')).toEqual([{ Id: 1 }]);
}, 30_000);

test('a process number that is somebody else by now is left alone', async () => {
  await engine.stop();
  writeFileSync(join(state, 'mysql', 'test', 'mariadbd.pid'), `${process.pid}\n`);
  await engine.applyCluster(definition);

  expect(isRunning(process.pid)).toBe(true);
});

test('a port that is taken is named, with the way out', async () => {
  await engine.stop();
  const squatter = createServer();
  await new Promise<void>((resolve) => squatter.listen(port, '127.0.0.1', resolve));

  await expect(engine.applyCluster(definition)).rejects.toThrow(
    `port ${port} (MySQL) is not free; choose others with --port-base`,
  );
  await new Promise((resolve) => squatter.close(resolve));
  await engine.applyCluster(definition);
});

test('stopping ends the server gracefully and leaves no password behind', async () => {
  const pid = serverPid();
  await engine.stop();

  expect(isRunning(pid)).toBe(false);
  expect(existsSync(join(state, 'mysql', 'test', 'init.sql'))).toBe(false);
  expect(readFileSync(join(state, 'logs', 'mariadb.log'), 'utf8').trimEnd()).toMatch(/Shutdown complete$/);
});

test('a removed cluster takes its data with it', async () => {
  await engine.applyCluster(definition);
  await engine.removeCluster('test');

  expect(existsSync(join(state, 'mysql', 'test'))).toBe(false);
});

function makeEngine(): MysqlEngine {
  return createMysqlEngine({ state, ports: { mysql: port } as never, logs, progress: () => undefined });
}

async function query(sql: string): Promise<Record<string, unknown>[]> {
  const { host, database } = cluster;
  const connection = await mysql.createConnection({ host, port, user: 'master', password: 'password', database });
  try {
    const [rows] = await connection.query(sql);
    return rows as Record<string, unknown>[];
  } finally {
    await connection.end();
  }
}

function serverPid(): number {
  return Number(readFileSync(join(state, 'mysql', 'test', 'mariadbd.pid'), 'utf8'));
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

async function eventually<T>(attempt: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await attempt();
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}
