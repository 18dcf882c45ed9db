import { afterAll, beforeAll, expect, test } from '@jest/globals';
import mysql from 'mysql2/promise';
import { call, signedByReferenceSdk, withAppCode } from './caller.ts';
import { publishWithMosquitto } from './mosquitto.ts';
import {
  type DeviceLogin,
  eventually,
  type LocalFile,
  type Platform,
  removeFolder,
  startPlatform,
} from './platform.ts';

type Row = Readonly<Record<string, unknown>>;

const MINUTE = 60_000;

let platform: Platform;
let file: LocalFile;
let database: mysql.Connection;

beforeAll(async () => {
  platform = await startPlatform();
  file = platform.file;
  database = await mysql.createConnection({ ...file.mysql });
}, 180_000);

afterAll(async () => {
  await database?.end();
  await platform?.stop();
  removeFolder(platform?.state);
}, 60_000);

test('a vehicle comes in, asks what it owes, goes out and owes the same', async () => {
  const [entry, exit] = [minutesAgo(90), minutesAgo(1)];
  await pass('G-IN', 'B-AB 123', 'in', entry);
  const inside = await feeOf('B-AB 123', 'inside');
  await pass('G-OUT', 'B-AB 123', 'out', exit);
  const left = await feeOf('B-AB 123', 'left');

  expect(inside).toMatchObject({ Fee: '4.00', Currency: 'EUR', ExitTime: null, Entries: 1 });
  expect(left).toMatchObject({ Fee: '4.00', Currency: 'EUR', Minutes: 89, Entries: 1 });
  expect(await ask('visits', 'B-AB 123')).toEqual([left]);
}, 20_000);

test('an exit that arrives before its entry, and both of them twice, is one visit', async () => {
  const [entry, exit] = [minutesAgo(200), minutesAgo(5)];
  await pass('G-OUT', 'LATE', 'out', exit);
  expect(await feeOf('LATE', 'entry-lost')).toMatchObject({ Fee: '15.00', EntryTime: null });
  for (let time = 1; time <= 2; time += 1) {
    await pass('G-IN', 'LATE', 'in', entry);
    await pass('G-OUT', 'LATE', 'out', exit);
  }
  await pass('G-OUT', 'SENTINEL', 'out', exit);
  await feeOf('SENTINEL', 'entry-lost');

  expect(await feeOf('LATE', 'left')).toMatchObject({ Fee: '8.00', Entries: 1 });
  expect(await ask('visits', 'LATE')).toHaveLength(1);
}, 20_000);

test('a plate nobody has seen owes nothing', async () => {
  expect(await ask('fee', 'NOBODY')).toEqual([]);
});

test('a passage in a third direction is quarantined and changes no fee', async () => {
  await pass('G-IN', 'ODD', 'sideways', minutesAgo(10));
  const rejected = await eventually(
    () => select("SELECT DISTINCT Code FROM causeway.quarantine WHERE DeviceId = 'G-IN'"),
    (rows) => rows.length > 0,
    4_000,
  );

  expect(rejected).toEqual([{ Code: 'model' }]);
  expect(await ask('fee', 'ODD')).toEqual([]);
});

test('the dashboard sees the zones and no plates', async () => {
  const headers = withAppCode(file, 'CityDashboard');
  const zones = await call(`${file.apis['Parking']?.url}/parking/zones`, { headers });
  const url = `${file.apis['Parking']?.url}/parking/fee`;
  const query = { plate: 'ODD' };
  const fee = await call(url, { query, headers: signedByReferenceSdk(app('CityDashboard'), { url, query }) });

  expect(zones.status).toBe(200);
  expect((zones.body as { default: Row[] }).default).toMatchObject([
    { Zone: 'north', Spaces: 5 },
    { Zone: 'south', Spaces: 5 },
  ]);
  expect([fee.status, (fee.body as Row)['error_code']]).toEqual([403, 'APIC.0304']);
});

test('the sensors come before the gates in local.json, and the owner before the dashboard', () => {
  expect(file.devices.map(({ device }) => device).slice(-3)).toEqual(['S-010', 'G-IN', 'G-OUT']);
  expect(file.devices[0]?.device).toBe('S-001');
  expect(Object.keys(file.apps)).toEqual(['ParkingOwner', 'CityDashboard']);
});

async function pass(gate: string, plate: string, direction: string, time: string): Promise<void> {
  const device = file.devices.find((candidate) => candidate.device === gate) as DeviceLogin;

  expect(await publishWithMosquitto(file, device, { plate, direction, time })).toMatchObject({ code: 0 });
}

/** The fee once the plate's last visit is in a state, as a signed call sees it. */
async function feeOf(plate: string, state: string): Promise<Row | undefined> {
  const [row] = await eventually(
    () => ask('fee', plate),
    ([found]) => found?.['State'] === state,
    4_000,
  );
  expect(row).toMatchObject({ Plate: plate, State: state });

  return row;
}

async function ask(what: 'fee' | 'visits', plate: string): Promise<Row[]> {
  const url = `${file.apis['Parking']?.url}/parking/${what}`;
  const query = { plate };
  const answer = await call(url, { query, headers: signedByReferenceSdk(app('ParkingOwner'), { url, query }) });
  expect([answer.status, answer.text]).toEqual([200, expect.any(String)]);

  return (answer.body as { default: Row[] }).default;
}

function app(name: string): { key: string; secret: string } {
  return file.apps[name] ?? { key: 'missing', secret: 'missing' };
}

async function select(sql: string): Promise<Row[]> {
  const [rows] = await database.query(sql);

  return (rows as object[]).map((row) => ({ ...row }));
}

function minutesAgo(minutes: number): string {
  return new Date(Date.now() - minutes * MINUTE).toISOString();
}
