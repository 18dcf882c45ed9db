import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import mqtt from 'mqtt';
import { parseCsv } from '../../cli/devices/csv.ts';
import { causeway, eventually, type Platform, removeFolder, startPlatform } from './platform.ts';

/** Five seconds are what an operator is promised; the start of the command comes on top, on a machine that may be busy. */
const WITHIN_MS = 10_000;
const CLI = join(import.meta.dirname, '../../bin/causeway.ts');
const DEVICES = 120;
let platform: Platform;
let folder: string;

beforeAll(async () => {
  platform = await startPlatform();
  folder = join(platform.state, 'operator');
  mkdirSync(folder);
}, 180_000);

afterAll(async () => {
  await platform?.stop();
  removeFolder(platform?.state ?? '');
}, 60_000);

const device = (...argv: string[]) => causeway('device', ...argv, '--state', platform.state);

test('a job that is killed goes on where it ended, and every device logs in with the password that was written down', async () => {
  const file = join(folder, 'devices.csv');
  const results = join(folder, 'devices.results.csv');
  const lines = Array.from({ length: DEVICES }, (_, i) => `J-${i},floor=${i % 4};job`);
  writeFileSync(file, `device,tags\n${lines.join('\n')}\nJ/bad,\n`);
  const register = ['register', '--product', 'ParkingSensor', '--file', file, '--rate', '100'];
  const killed = spawn(process.execPath, [CLI, 'device', ...register, '--state', platform.state], { stdio: 'ignore' });
  const ended = new Promise((resolve) => killed.once('exit', resolve));
  const written = async () => (existsSync(`${results}.partial`) ? readFileSync(`${results}.partial`, 'utf8') : '');
  await eventually(written, (text) => text.includes('"registered"'), 60_000);
  killed.kill('SIGKILL');
  await ended;

  const { code, stdout, stderr } = await device(...register, '--json');

  expect(code).toBe(1);
  expect(JSON.parse(stdout)).toMatchObject({ lines: DEVICES + 1, registered: DEVICES, refused: 1, open: 0 });
  expect(JSON.parse(stdout).before).toBeGreaterThan(0);
  expect(stderr).toContain(`line ${DEVICES + 2}: device: physical id: received "J/bad"`);
  const [heading, ...rows] = parseCsv(readFileSync(results, 'utf8')).map(({ cells }) => cells);
  const at = (name: string) => heading?.indexOf(name) ?? -1;
  for (const row of rows.slice(0, DEVICES)) {
    expect(row[at('outcome')]).toBe('registered');
  }
  for (const row of [rows[0], rows[30], rows[DEVICES - 1]] as string[][]) {
    const clientId = row[at('clientId')] as string;
    const password = row[at('password')] as string;
    await (await mqtt.connectAsync(platform.file.mqtt.url, { clientId, username: clientId, password })).endAsync();
  }
}, 180_000);

test('devices are found by tag and presence, and what is exported says the same', async () => {
  const listed = async (...argv: string[]) => JSON.parse((await device('list', ...argv, '--json')).stdout) as unknown[];
  const file = join(folder, 'found.jsonl');

  await eventually(
    () => listed('--tag', 'job'),
    (found) => found.length === DEVICES,
    10_000,
  );

  expect(await listed('--tag', 'job', '--tag', 'floor=1')).toHaveLength(DEVICES / 4);
  expect(await listed('--tag', 'floor', '--limit', '7')).toHaveLength(7);
  await device('disable', 'ParkingSensor', 'J-1');
  expect(await listed('--product', 'ParkingSensor', '--presence', 'disabled')).toMatchObject([{ device: 'J-1' }]);
  await device('export', '--tag', 'floor=1', '--file', file);
  expect(readFileSync(file, 'utf8').trim().split('\n')).toHaveLength(DEVICES / 4);
}, 60_000);

test('a device logs in with its certificate, may do what is its own, and is cut off when it is revoked', async () => {
  expect((await device('certificate', 'create', 'ParkingSensor', 'J-0', '--out', folder)).code).toBe(0);
  const [{ clientId, publish }, other] = await Promise.all(
    ['J-0', 'J-2'].map(async (id) => JSON.parse((await device('show', 'ParkingSensor', id, '--json')).stdout)),
  );
  const security = {
    ca: readFileSync(platform.file.mqtts.ca),
    cert: readFileSync(join(folder, 'J-0.cert.pem')),
    key: readFileSync(join(folder, 'J-0.key.pem')),
    reconnectPeriod: 0,
  };
  const connect = (id: string) => mqtt.connectAsync(platform.file.mqtts.url, { ...security, clientId: id });

  const client = await connect(clientId);
  await client.publishAsync(publish, '{"deviceId":"J-0","status":"1"}', { qos: 1 });
  await expect(connect(other.clientId)).rejects.toThrow(/Not authorized/);
  const [{ id }] = JSON.parse((await device('certificate', 'list', 'ParkingSensor', 'J-0', '--json')).stdout);
  const closed = new Promise<void>((resolve) => client.once('close', () => resolve()));
  const asked = performance.now();
  expect((await device('certificate', 'revoke', 'ParkingSensor', 'J-0', id)).code).toBe(0);
  await closed;

  expect(performance.now() - asked).toBeLessThan(WITHIN_MS);
  await expect(connect(clientId)).rejects.toThrow(/Not authorized/);
  expect(platform.logs()).toContain('certificate of another device');
}, 60_000);
