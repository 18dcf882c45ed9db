import { cpSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, test } from '@jest/globals';
import mysql from 'mysql2/promise';
import { call, withAppCode } from './caller.ts';
import {
  causeway,
  eventually,
  freePortBase,
  type LocalFile,
  type Platform,
  portIsFree,
  readLocalFile,
  removeFolder,
  run,
  startPlatform,
  temporaryFolder,
} from './platform.ts';

const running: Platform[] = [];
const state = temporaryFolder();
const [database, backup] = [join(state, 'mysql'), join(state, 'backup')];
let backedUp: Date;

afterAll(async () => {
  await Promise.all(running.map((platform) => platform.stop()));
  removeFolder(state);
}, 60_000);

test('two platforms live side by side; one stops without a trace, starts again with its data and credentials', async () => {
  const portBase = await freePortBase();
  const first = await started({ state, portBase, integration: 'parking' });
  const second = await started({});
  await causeway('simulate', '--sensors', '5', '--rate', '50', '--duration', '2', '--state', state, '--json');
  const before = await counts(first.file);

  expect(before).toBeGreaterThan(90);
  expect(await counts(second.file)).toBe(0);
  expect(statSync(join(state, 'local.json')).mode & 0o777).toBe(0o600);

  const code = await first.stop();

  expect(code).toBe(0);
  expect(readLocalFile(state).ready).toBe(false);
  expect(await Promise.all(Array.from({ length: 7 }, (_, offset) => portIsFree(portBase + offset)))).not.toContain(
    false,
  );
  expect((await run('pgrep', ['-f', state])).stdout).toBe('');
  expect(await freeNumber(second.file)).toBe(200);
  await second.stop();

  // For the test of the restore, which would have to stop it once more.
  cpSync(database, backup, { recursive: true });
  backedUp = new Date();
  const begun = Date.now();
  const again = await started({ state, portBase });

  expect(Date.now() - begun).toBeLessThan(20_000); // promised to users: a second start within 20 s
  expect(await counts(again.file)).toBe(before);
  expect(again.file.apps).toEqual(first.file.apps);
  expect(again.file.devices).toEqual(first.file.devices);
  expect(await freeNumber(again.file)).toBe(200);
}, 240_000);

test('a second runtime on the same state is refused, and says by whom', async () => {
  const [first] = running.filter((platform) => platform.state === state);
  const result = await causeway('local', '--state', state, '--port-base', String(await freePortBase()));

  expect(result.code).toBe(1);
  expect(`${result.stdout}${result.stderr}`).toContain(
    String(running.filter((p) => p.state === state).at(-1)?.pid ?? first?.pid),
  );
}, 60_000);

test('a database restored from a backup is filled up again from the topic: every message once', async () => {
  const before = running.filter((platform) => platform.state === state).at(-1) as Platform;
  const { portBase } = before;
  const kept = await counts(before.file);
  await causeway('simulate', '--sensors', '5', '--rate', '50', '--duration', '2', '--state', state, '--json');
  const all = await counts(before.file);
  expect(all).toBeGreaterThan(kept);

  await before.stop();
  removeFolder(database);
  cpSync(backup, database, { recursive: true });
  const restored = await started({ state, portBase });
  expect(await counts(restored.file)).toBe(kept);
  for (const task of ['ParkingHistory', 'ParkingData']) {
    expect((await causeway('task', 'start', task, '--from', backedUp.toISOString(), '--state', state)).code).toBe(0);
  }

  expect(
    await eventually(
      () => counts(restored.file),
      (n) => n >= all,
      20_000,
    ),
  ).toBe(all);
  // Read again from before the backup: what the positions know is not written a second time.
  await causeway('task', 'start', 'ParkingHistory', '--from', '2026-01-01T00:00:00Z', '--state', state);
  await causeway('simulate', '--sensors', '1', '--rate', '10', '--duration', '1', '--state', state, '--json');
  expect(await counts(restored.file)).toBe(all + 10);
}, 240_000);

async function started(options: Parameters<typeof startPlatform>[0]): Promise<Platform> {
  const platform = await startPlatform(options);
  running.push(platform);

  return platform;
}

async function counts(file: LocalFile): Promise<number> {
  const connection = await mysql.createConnection({ ...file.mysql });
  const [rows] = await connection.query('SELECT COUNT(*) AS n FROM ParkingHistory');
  await connection.end();

  return (rows as { n: number }[])[0]?.n as number;
}

async function freeNumber(file: LocalFile): Promise<number> {
  const answer = await call(`${file.apis['Parking']?.url}/parking/free`, {
    headers: withAppCode(file, 'ParkingOwner'),
  });

  return answer.status;
}
