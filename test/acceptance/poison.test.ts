import { afterAll, beforeAll, expect, test } from '@jest/globals';
import mqtt, { type MqttClient } from 'mqtt';
import mysql from 'mysql2/promise';
import { causeway, type DeviceLogin, eventually, type Platform, removeFolder, startPlatform } from './platform.ts';

let platform: Platform;
let database: mysql.Connection;
let client: MqttClient;
let sensor: DeviceLogin;

beforeAll(async () => {
  platform = await startPlatform();
  database = await mysql.createConnection({ ...platform.file.mysql });
  sensor = platform.file.devices.find(({ device }) => device === 'S-001') as DeviceLogin;
  const { clientId, username, password } = sensor;
  client = await mqtt.connectAsync(platform.file.mqtt.url, { clientId, username, password });
}, 180_000);

afterAll(async () => {
  await client?.endAsync();
  await database?.end();
  await platform?.stop();
  removeFolder(platform?.state);
}, 60_000);

const bytes = (...parts: (string | number)[]) =>
  Buffer.concat(parts.map((part) => (typeof part === 'string' ? Buffer.from(part) : Buffer.from([part]))));

/** One of each kind of malformed message, with the code and the rule it is to be found by. */
const POISON: readonly (readonly [what: string, payload: Buffer, code: string, reason: string])[] = [
  ['not JSON', bytes('parking is full'), 'syntax', 'not JSON'],
  ['a wrong type', bytes('{"deviceId":"S-001","status":0}'), 'model', 'status (type): received 0'],
  ['too long', bytes(`{"deviceId":"${'x'.repeat(65)}","status":"0"}`), 'model', 'deviceId (maxLength)'],
  ['a missing field', bytes('{"deviceId":"S-001"}'), 'model', 'status (required): received missing'],
  ['a wrong value', bytes('{"deviceId":"S-001","status":"2"}'), 'model', 'status (enum): received "2"'],
  ['broken UTF-8', bytes('{"deviceId":"', 0xff, '","status":"0"}'), 'encoding', 'not UTF-8'],
  ['a NUL byte', bytes('{"deviceId":"', 0, '","status":"0"}'), 'syntax', 'not JSON'],
  ['an escaped NUL', bytes('{"deviceId":"S-001\\u0000","status":"0"}'), 'model', 'deviceId (characters)'],
  ['a 4-byte character for a status', bytes('{"deviceId":"S-001","status":"😀"}'), 'model', 'status (enum)'],
];
const GOOD = 99 * POISON.length;

test('1 % of what a sensor sends is malformed: all of that is in the quarantine, all else in the table', async () => {
  const sent: Promise<unknown>[] = [];
  for (let n = 0; n < GOOD + POISON.length; n += 1) {
    const poison = n % 100 === 50 ? POISON[(n - 50) / 100] : undefined;
    // The emoji is text like any other: it is written.
    const good = JSON.stringify({ deviceId: `N-${n}-😀`, status: String(n % 2) });
    sent.push(client.publishAsync(sensor.publish, poison?.[1] ?? good, { qos: 1 }));
    if (n % 50 === 49) {
      // A connection may send 100 messages a second.
      await Promise.all([...sent.splice(0), new Promise((resolve) => setTimeout(resolve, 600))]);
    }
  }
  await Promise.all(sent);

  const counts = await eventually(
    async () => ({
      rows: await number("SELECT COUNT(DISTINCT DeviceId) AS n FROM ParkingHistory WHERE DeviceId LIKE 'N-%-😀'"),
      quarantined: await number("SELECT COUNT(*) AS n FROM causeway.quarantine WHERE Task = 'ParkingHistory'"),
    }),
    ({ rows, quarantined }) => rows === GOOD && quarantined === POISON.length,
    30_000,
  );

  expect(counts).toEqual({ rows: GOOD, quarantined: POISON.length });
}, 90_000);

test('the command lists each with its reason and shows its exact bytes', async () => {
  const { stdout } = await causeway(...on('task', 'rejected', 'list', 'ParkingHistory', '--json'));
  const items = (JSON.parse(stdout) as { items: Readonly<Record<string, unknown>>[] }).items.toReversed();

  expect(items.map(({ code, reason, deviceId }) => [code, reason, deviceId])).toEqual(
    POISON.map(([, , code, reason]) => [code, expect.stringContaining(reason), 'S-001']),
  );
  for (const [at, [, payload]] of POISON.entries()) {
    const shown = await causeway(
      ...on('task', 'rejected', 'show', 'ParkingHistory', String(items[at]?.['id']), '--json'),
    );
    expect(JSON.parse(shown.stdout)).toMatchObject({
      body: payload.toString('base64'),
      modelVersion: expect.stringMatching(/^[0-9a-f]{12}$/),
    });
  }
}, 60_000);

test('what no topic takes is in the error store, found by the command with the bytes as they were sent', async () => {
  // Far more bytes than three shards take (1 MB/s each), from ten sensors of which at least four share one.
  const payload = bytes('{"deviceId":"S-001",', 0xff, `"status":"0","pad":"${'x'.repeat(100_000)}"}`);
  const sensors = platform.file.devices.filter(({ product }) => product === 'ParkingSensor');
  await client.endAsync();
  const clients: [MqttClient, string][] = [];
  for (const { clientId, username, password, publish } of sensors) {
    // One after the other: ten log-ins at once are ten functions starting on a small machine.
    clients.push([await mqtt.connectAsync(platform.file.mqtt.url, { clientId, username, password }), publish]);
  }
  await Promise.all(clients.map(([own, topic]) => flood(own, topic, payload)));

  const { stdout } = await causeway(...on('error-store', 'list', '--product', 'ParkingSensor', '--json'));
  const [item] = (JSON.parse(stdout) as { items: Readonly<Record<string, string>>[] }).items;
  expect(item).toMatchObject({ product: 'ParkingSensor', at: expect.stringMatching(/^20/) });

  const shown = JSON.parse((await causeway(...on('error-store', 'show', item?.['key'] ?? '', '--json'))).stdout);
  expect(shown).toMatchObject({
    problem: null,
    topic: expect.stringMatching(/\/out\/S-0/),
    failures: [{ action: 'KinesisAction', reason: expect.stringContaining('ProvisionedThroughputExceeded') }],
  });
  expect(shown.payload === payload.toString('base64')).toBe(true);
}, 120_000);

async function flood(own: MqttClient, topic: string, payload: Buffer): Promise<void> {
  await Promise.all(Array.from({ length: 20 }, () => own.publishAsync(topic, payload, { qos: 1 })));
  await own.endAsync();
}

async function number(sql: string): Promise<number> {
  const [rows] = await database.query<mysql.RowDataPacket[]>(sql);

  return Number(rows[0]?.['n']);
}

function on(...command: string[]): string[] {
  return [...command, '--state', platform.state];
}
