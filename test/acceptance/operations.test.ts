import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { call, signedByReferenceSdk } from './caller.ts';
import { publishWithMosquitto } from './mosquitto.ts';
import {
  causeway,
  type DeviceLogin,
  eventually,
  type LocalFile,
  type Platform,
  removeFolder,
  startPlatform,
} from './platform.ts';

type Row = Readonly<Record<string, unknown>>;

interface App {
  readonly key: string;
  readonly secret: string;
  readonly appCodes: readonly string[];
}

let platform: Platform;
let file: LocalFile;

beforeAll(async () => {
  platform = await startPlatform();
  file = platform.file;
}, 180_000);

afterAll(async () => {
  await platform?.stop();
  removeFolder(platform?.state);
}, 60_000);

/** A command on this platform, its JSON read. */
async function cli<T = Row>(...args: string[]): Promise<{ code: number; value: T; stderr: string }> {
  const { code, stdout, stderr } = await causeway(...args, '--state', platform.state, '--json');

  return { code, value: (stdout === '' ? undefined : JSON.parse(stdout)) as T, stderr };
}

const free = () => `${file.apis['Parking']?.url}/parking/free`;

async function statusOf(headers: Record<string, string>): Promise<[number, unknown]> {
  const { status, body } = await call(free(), { headers });

  return [status, (body as Row)['error_code']];
}

const byCode = (code: string) => statusOf({ 'X-Apig-AppCode': code });
const bySignature = (app: App) => statusOf(signedByReferenceSdk(app, { url: free(), query: {} }));

test('an app made at run time calls what it is granted, at once, and no longer when it is revoked or deleted', async () => {
  const { value: app } = await cli<App>('app', 'create', 'CityMap');
  const [code = ''] = app.appCodes;
  expect(await byCode(code)).toEqual([403, 'APIC.0304']);

  expect((await cli('app', 'grant', 'CityMap', 'Parking/FreeSpaces')).code).toBe(0);
  expect(await byCode(code)).toEqual([200, undefined]);
  expect(await bySignature(app)).toEqual([200, undefined]);
  expect((await cli('app', 'show', 'CityMap')).value).toMatchObject({
    origin: 'run-time',
    grants: [{ group: 'Parking', api: 'FreeSpaces', stage: 'RELEASE', by: ['run-time'] }],
  });

  await cli('app', 'revoke', 'CityMap', 'Parking/FreeSpaces');
  expect(await byCode(code)).toEqual([403, 'APIC.0304']);
  expect((await cli('app', 'delete', 'CityMap')).code).toBe(0);
  expect(await byCode(code)).toEqual([401, 'APIC.0303']);
  expect(await bySignature(app)).toEqual([401, 'APIC.0303']);
}, 60_000);

test('an AppCode is changed over without a gap, also of a declared app', async () => {
  const [old = ''] = file.apps['ParkingOwner']?.appCodes ?? [];
  const { value: made } = await cli<{ code: string; id: string }>('app', 'app-code', 'create', 'ParkingOwner');
  expect([await byCode(old), await byCode(made.code)]).toEqual([
    [200, undefined],
    [200, undefined],
  ]);

  await cli('app', 'app-code', 'delete', 'ParkingOwner', made.id);

  expect([await byCode(old), await byCode(made.code)]).toEqual([
    [200, undefined],
    [401, 'APIC.0303'],
  ]);
  expect(platform.logs()).not.toContain(made.code);
}, 60_000);

test('a secret is changed over without a gap: both sign, then the new one alone', async () => {
  const { key = '', secret = '', appCodes = [] } = file.apps['ParkingOwner'] ?? {};
  const sign = (one: string) => bySignature({ key, secret: one, appCodes });
  expect(await sign(secret)).toEqual([200, undefined]);

  const { value: added } = await cli<{ id: string; secret: string }>('app', 'secret', 'add', 'ParkingOwner');
  expect([await sign(secret), await sign(added.secret)]).toEqual([
    [200, undefined],
    [200, undefined],
  ]);
  const { value: listed } = await cli<Row[]>('app', 'secret', 'list', 'ParkingOwner');
  expect(listed).toEqual([
    { id: expect.any(String), age: 'old' },
    { id: added.id, age: 'new' },
  ]);
  await cli('app', 'secret', 'remove', 'ParkingOwner', String(listed[0]?.['id']));

  expect([await sign(secret), await sign(added.secret)]).toEqual([
    [401, 'APIC.0303'],
    [200, undefined],
  ]);
  const last = await cli('app', 'secret', 'remove', 'ParkingOwner', added.id);
  expect([last.code, last.stderr]).toEqual([1, expect.stringContaining('the only secret')]);
  expect(await sign(added.secret)).toEqual([200, undefined]);
  expect(platform.logs()).not.toContain(added.secret);
}, 60_000);

test('what a stack declares is not undone at run time', async () => {
  const revoked = await cli('app', 'revoke', 'CityDashboard', 'Parking/SpacesByZone');
  const deleted = await cli('app', 'delete', 'CityDashboard');

  expect([revoked.code, deleted.code]).toEqual([1, 1]);
  expect(revoked.stderr).toContain('A stack grants CityDashboard the API Parking/SpacesByZone in RELEASE');
  expect(deleted.stderr).toContain('declared by a stack');
}, 60_000);

test('messages are found by time and key, with their exact payloads, on screen and in a file', async () => {
  const sensors = file.devices.filter(({ device }) => ['S-001', 'S-002'].includes(device)) as [
    DeviceLogin,
    DeviceLogin,
  ];
  for (const [status, sensor] of sensors.entries()) {
    await publishWithMosquitto(file, sensor, { deviceId: sensor.device, status: String(status) });
  }
  const find = () => cli<Row[]>('message', 'query', 'ParkingEvents', '--key', 'S-002', '--since', '5m');
  const { value: found, stderr } = await eventually(find, ({ value }) => value.length > 0, 10_000);

  expect(found).toMatchObject([
    { key: 'S-002', device: 'S-002', encoding: 'utf8', payload: '{"deviceId":"S-002","status":"1"}', size: 33 },
  ]);
  expect(stderr).toContain('that is all up to');
  const { value: one } = await cli<Row[]>(
    ...['message', 'query', 'ParkingEvents', '--sequence', String(found[0]?.['sequenceNumber'])],
  );
  expect(one).toEqual(found);
  const download = join(platform.state, 'messages');
  await cli('message', 'query', 'ParkingEvents', '--since', '5m', '--download', download, '--format', 'raw');
  expect(readFileSync(download, 'utf8')).toBe('{"deviceId":"S-001","status":"0"}{"deviceId":"S-002","status":"1"}');
  expect((await cli('topic', 'show', 'ParkingEvents')).value).toMatchObject({
    retentionHours: 72,
    consumers: expect.arrayContaining(['ParkingHistory']),
  });
}, 60_000);

test('the database passes its test as each of its users', async () => {
  const { code, value } = await cli<{ passed: boolean; checks: Row[] }>('datasource', 'test', 'database');

  expect(value.checks.filter(({ ok }) => ok !== true)).toEqual([]);
  expect([code, value.passed]).toEqual([0, true]);
  expect(value.checks.map(({ user, what }) => `${user} ${what}`)).toEqual(
    expect.arrayContaining([
      'causeway_fdi writes ParkingHistory',
      'causeway_api reads integration.ParkingData',
      'causeway_api is kept out of causeway.position',
      'causeway_reader reads causeway.position',
    ]),
  );
}, 60_000);

test('the log of a task tells of its batches', async () => {
  const read = () => causeway('task', 'logs', 'ParkingHistory', '--json', '--state', platform.state);
  const { stdout } = await eventually(read, ({ stdout: text }) => text.includes('"read":'), 10_000);
  const people = await causeway('task', 'logs', 'ParkingHistory', '--state', platform.state);

  expect(
    stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line).level),
  ).toContain('INFO');
  expect(people.stdout).toMatch(/^\d{4}-\d\d-\d\dT\S+Z INFO {2}\S+.* task=ParkingHistory/m);
}, 60_000);

test('several tasks are stopped and started at once', async () => {
  const stopped = await cli<Row[]>('task', 'stop', 'ParkingHistory', 'ParkingData');
  const started = await cli<Row[]>('task', 'start', 'ParkingHistory', 'ParkingData');

  expect(stopped.value.map(({ state }) => state)).toEqual(['stopped', 'stopped']);
  expect(started.value.map(({ state }) => state)).toEqual(['started', 'started']);
}, 60_000);

test('the doctor finds the platform running', async () => {
  const { code, value } = await cliDoctor();

  expect(code).toBe(0);
  expect(value.checks).toContainEqual(
    expect.objectContaining({ name: 'ports', found: expect.stringContaining('in use by the platform that runs') }),
  );
  expect(value.checks).toContainEqual(expect.objectContaining({ name: 'certificate', outcome: 'ok' }));
}, 60_000);

async function cliDoctor() {
  const { code, stdout } = await causeway('doctor', '--state', platform.state, '--json');

  return { code, value: JSON.parse(stdout) as { checks: Row[] } };
}
