import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import mysql from 'mysql2/promise';
import { call, signedByReferenceSdk, withAppCode } from './caller.ts';
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

let platform: Platform;
let file: LocalFile;
let database: mysql.Connection;
let free: string;

beforeAll(async () => {
  platform = await startPlatform({ integration: 'parking' });
  file = platform.file;
  free = `${file.apis['Parking']?.url}/parking/free`;
  database = await mysql.createConnection({ ...file.mysql });
}, 180_000);

afterAll(async () => {
  await database?.end();
  await platform?.stop();
  removeFolder(platform?.state);
}, 60_000);

describe('a sensor reports with mosquitto_pub', () => {
  test('over MQTT, and within 3 s a call with an AppCode counts its space', async () => {
    await publish(sensor('S-001'), { deviceId: 'S-001', status: '1' });
    await eventually(
      () => statusOf('S-001'),
      (status) => status === '1',
      4_000,
    );
    const before = await trueNumber();
    const given = await publish(sensor('S-001'), { deviceId: 'S-001', status: '0' });

    const answer = await eventually(
      () => call(free, { headers: withAppCode(file, 'ParkingOwner') }),
      ({ body }) => freeNo(body) === before + 1,
      3_000,
    );

    expect(given.code).toBe(0);
    expect(answer.status).toBe(200);
    expect(answer.text).toBe(`{"default":[{"FreeNo":${before + 1}}]}`);
    expect(await statusOf('S-001')).toBe('0');
  });

  test('over MQTT with TLS and the printed CA, and a signed call counts its space', async () => {
    const result = await publish(sensor('S-002'), { deviceId: 'S-002', status: '0' }, { tls: true });
    await eventually(
      () => statusOf('S-002'),
      (status) => status === '0',
      3_000,
    );

    const headers = signedByReferenceSdk(owner(), { url: free });
    const answer = await call(free, { headers });

    expect(result.code).toBe(0);
    expect(await statusOf('S-002')).toBe('0');
    expect(answer.text).toBe(JSON.stringify({ default: [{ FreeNo: await trueNumber() }] }));
  });

  test('one row per message lands in the history and one per space in the state table', async () => {
    const rows = async () =>
      (await query('SELECT COUNT(*) n FROM ParkingHistory WHERE DeviceId = ?', ['S-003']))[0]?.['n'] as number;
    for (const status of ['0', '1', '0', '1']) {
      await publish(sensor('S-003'), { deviceId: 'S-003', status });
    }

    await eventually(rows, (n) => n >= 4, 4_000);

    expect(await rows()).toBe(4);
    expect(await query('SELECT Status FROM ParkingData WHERE DeviceId = ?', ['S-003'])).toEqual([{ Status: '1' }]);
  });

  test('a row that breaks its column is quarantined with its exact bytes and delays nobody', async () => {
    const bad = JSON.stringify({ deviceId: 'S-004', status: 'x'.repeat(40) });
    await publish(sensor('S-004'), bad);
    await publish(sensor('S-004'), 'no json at all');
    await publish(sensor('S-004'), { deviceId: 'S-004', status: '1' });

    await eventually(
      () => statusOf('S-004'),
      (status) => status === '1',
      4_000,
    );
    const quarantined = await eventually(
      () =>
        query(
          "SELECT DISTINCT CONVERT(Body USING utf8mb4) AS payload FROM causeway.quarantine WHERE DeviceId = 'S-004' ORDER BY 1",
          [],
        ),
      (rows) => rows.length === 2,
      4_000,
    );

    expect(await statusOf('S-004')).toBe('1');
    expect(quarantined.map((row) => row['payload'])).toEqual(['no json at all', bad]);
  });
});

describe("a call is refused with the reference system's status and body", () => {
  const cases: [string, () => ReturnType<typeof call>, number, string, string][] = [
    ['no authentication', () => call(free), 401, 'APIC.0303', 'Incorrect App authentication information.'],
    [
      'a wrong AppCode',
      () => call(free, { headers: { 'X-Apig-AppCode': 'wrongwrongwrongwrongwrongwrongwrong' } }),
      401,
      'APIC.0303',
      'Incorrect App authentication information.',
    ],
    [
      'a tampered query',
      () => call(free, { query: { a: '2' }, headers: signedByReferenceSdk(owner(), { url: free, query: { a: '1' } }) }),
      401,
      'APIC.0303',
      'Incorrect App authentication information.',
    ],
    [
      'a date 16 minutes old',
      () =>
        call(free, {
          headers: signedByReferenceSdk(owner(), { url: free, headers: { 'X-Sdk-Date': minutesAgo(16) } }),
        }),
      401,
      'APIC.0303',
      'Incorrect App authentication information.',
    ],
    [
      'an unknown key',
      () => call(free, { headers: signedByReferenceSdk({ key: 'nobodyshere000000000', secret: 'x' }, { url: free }) }),
      401,
      'APIC.0303',
      'Incorrect App authentication information.',
    ],
    [
      'an app without a grant, by AppCode',
      () => call(free, { headers: withAppCode(file, 'CityDashboard') }),
      403,
      'APIC.0304',
      'The app is not authorized to access the API.',
    ],
    [
      'an app without a grant, by signature',
      () => call(free, { headers: signedByReferenceSdk(app('CityDashboard'), { url: free }) }),
      403,
      'APIC.0304',
      'The app is not authorized to access the API.',
    ],
    [
      'an unknown path',
      () => call(`${file.apis['Parking']?.url}/parking/nowhere`),
      404,
      'APIC.0101',
      'The API does not exist or has not been published in the environment.',
    ],
    [
      'an unknown method',
      () => call(free, { method: 'DELETE' }),
      404,
      'APIC.0101',
      'The API does not exist or has not been published in the environment.',
    ],
  ];

  test.each(cases)('%s', async (_name, ask, status, code, message) => {
    const answer = await ask();
    const body = answer.body as Record<string, string>;

    expect([answer.status, body['error_code'], body['error_msg']]).toEqual([status, code, message]);
    expect(Object.keys(body)).toEqual(['error_msg', 'error_code', 'request_id']);
    expect(body['request_id']).toMatch(/^[0-9a-f]{32}$/);
    expect(answer.requestId).toBe(body['request_id']);
    const logged = await eventually(async () => platform.logs().includes(body['request_id'] as string), Boolean, 2_000);
    expect(logged).toBe(true);
  });

  test('a missing required parameter, by its name', async () => {
    const answer = await call(`${file.apis['Parking']?.url}/parking/history`, {
      headers: withAppCode(file, 'ParkingOwner'),
    });
    const body = answer.body as Record<string, string>;

    expect([answer.status, body['error_code']]).toEqual([400, 'APIC.0106']);
    expect(body['error_msg']).toContain('deviceId');
    expect(body['request_id']).toMatch(/^[0-9a-f]{32}$/);
  });

  test('the same key, signature and path are accepted when nothing was changed', async () => {
    const query = { a: '1' };
    const answer = await call(free, { query, headers: signedByReferenceSdk(owner(), { url: free, query }) });

    expect(answer.status).toBe(200);
  });
});

test('hostile values are bound, never pasted', async () => {
  const url = `${file.apis['Parking']?.url}/parking/history`;
  for (const deviceId of [
    "' OR '1'='1",
    "x'; DROP TABLE ParkingData; -- ",
    '" OR ""="',
    '\\',
    "\\' OR 1=1 -- ",
    '${deviceId}',
    ':p0',
  ]) {
    const answer = await call(url, { query: { deviceId }, headers: withAppCode(file, 'ParkingOwner') });

    expect([answer.status, answer.text]).toEqual([200, '{"default":[]}']);
  }
  expect(await trueNumber()).toBeGreaterThanOrEqual(0);
});

describe('a device is refused, and the log says why', () => {
  test('with a wrong password', async () => {
    const result = await publish(
      { ...sensor('S-005'), password: 'Wrong-Passw0rd' },
      { deviceId: 'S-005', status: '0' },
    );

    expect(result.code).not.toBe(0);
    expect(platform.logs()).toMatch(/wrong password/i);
  });

  test('when it is unknown', async () => {
    const unknown = { ...sensor('S-005'), clientId: 'd00000000000000000000', username: 'd00000000000000000000' };
    const result = await publish(unknown, { deviceId: 'S-005', status: '0' });

    expect(result.code).not.toBe(0);
    expect(platform.logs()).toMatch(/unknown device/i);
  });

  test('when it is disabled', async () => {
    const registered = await register('S-DISABLED', '--disabled');
    const result = await publish(registered, { deviceId: 'S-DISABLED', status: '0' });

    expect(result.code).not.toBe(0);
    expect(platform.logs()).toMatch(/disabled/i);
  });

  test("when it publishes to another device's topic", async () => {
    const thief = { ...sensor('S-005'), publish: sensor('S-006').publish };
    await publish(thief, { deviceId: 'S-006', status: '7' });
    await publish(sensor('S-006'), { deviceId: 'S-006', status: '1' });
    await eventually(
      () => statusOf('S-006'),
      (status) => status === '1',
      4_000,
    );

    expect(await query("SELECT * FROM ParkingHistory WHERE Status = '7'", [])).toEqual([]);
    expect(platform.logs()).toMatch(/not authori[sz]ed|refused/i);
  });
});

describe('the command line', () => {
  test('registers a device at run time, and it can report at once', async () => {
    const device = await register('S-NEW');
    await publish(device, { deviceId: 'S-NEW', status: '0' });

    expect(
      await eventually(
        () => statusOf('S-NEW'),
        (status) => status === '0',
        4_000,
      ),
    ).toBe('0');
    const shown = await causeway('device', 'show', 'ParkingSensor', 'S-NEW', '--state', platform.state, '--json');
    expect(JSON.parse(shown.stdout)).toMatchObject({ device: 'S-NEW', clientId: device.clientId });
    expect(shown.stdout).not.toContain(device.password);
    const again = await causeway('device', 'register', 'ParkingSensor', 'S-NEW', '--state', platform.state, '--json');
    expect(again.code).toBe(1);
    expect(again.stderr).toContain('is registered already');
  }, 20_000);

  test('shows apps and APIs, and calls one signed', async () => {
    const app = await causeway('app', 'show', 'ParkingOwner', '--state', platform.state, '--json');
    const apis = await causeway('api', 'list', '--state', platform.state, '--json');
    const called = await causeway(
      'api',
      'call',
      'Parking',
      '/parking/free',
      '--app',
      'ParkingOwner',
      '--state',
      platform.state,
    );

    expect(JSON.parse(app.stdout)).toMatchObject({ app: 'ParkingOwner', key: owner().key });
    expect(app.stdout).not.toContain(owner().secret);
    expect(apis.stdout).toContain('/parking/free');
    expect(called.code).toBe(0);
    expect(called.stdout).toContain('SDK-HMAC-SHA256');
    expect(called.stdout).toContain('FreeNo');
  });

  test('simulates sensors and accounts for every message', async () => {
    const load = ['--sensors', '20', '--rate', '100', '--duration', '5'];
    const result = await causeway('simulate', ...load, '--state', platform.state, '--json');
    const counts = JSON.parse(result.stdout) as Record<string, number>;

    expect(result.code).toBe(0);
    expect(counts['sent']).toBeGreaterThanOrEqual(490);
    expect(counts['acknowledged']).toBe(counts['sent']);
    expect(counts['written']).toBe(counts['sent']);
    expect(counts['inFlight']).toBe(0);
  }, 60_000);
});

function sensor(device: string): DeviceLogin {
  const found = file.devices.find((candidate) => candidate.device === device);
  if (found === undefined) {
    throw new TypeError(`local.json has no device ${device}`);
  }
  return found;
}

function app(name: string): { key: string; secret: string } {
  return file.apps[name] ?? { key: 'missing', secret: 'missing' };
}

function owner(): { key: string; secret: string } {
  return app('ParkingOwner');
}

function publish(device: DeviceLogin, payload: object | string, options: { tls?: boolean } = {}) {
  return publishWithMosquitto(file, device, payload, options);
}

async function register(device: string, ...flags: string[]): Promise<DeviceLogin> {
  const target = ['ParkingSensor', device, ...flags, '--state', platform.state, '--json'];
  const result = await causeway('device', 'register', ...target);
  expect(result).toMatchObject({ code: 0 });

  return JSON.parse(result.stdout) as DeviceLogin;
}

async function query(sql: string, values: unknown[]): Promise<Record<string, unknown>[]> {
  const [rows] = await database.query(sql, values);

  return (rows as object[]).map((row) => ({ ...row }));
}

async function trueNumber(): Promise<number> {
  return (await query("SELECT COUNT(Status) AS n FROM ParkingData WHERE Status = '0'", []))[0]?.['n'] as number;
}

async function statusOf(device: string): Promise<unknown> {
  return (await query('SELECT Status FROM ParkingData WHERE DeviceId = ?', [device]))[0]?.['Status'];
}

function freeNo(body: unknown): number | undefined {
  return (body as { default?: { FreeNo: number }[] } | undefined)?.default?.[0]?.FreeNo;
}

function minutesAgo(minutes: number): string {
  return new Date(Date.now() - minutes * 60_000).toISOString().replace(/[-:]|\.\d{3}/g, '');
}
