import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { IoTDataPlaneClient, PublishCommand } from '@aws-sdk/client-iot-data-plane';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import mysql from 'mysql2/promise';
import { Cable } from './paho/cable.ts';
import { Example, exampleIn, LANGUAGES } from './paho/example.ts';
import { credentials, PahoClient, type PahoConnect, pythonWithPaho } from './paho/paho-client.ts';
import {
  causeway,
  type DeviceLogin,
  eventually,
  type LocalFile,
  type Platform,
  removeFolder,
  startPlatform,
} from './platform.ts';

const WITHIN_MS = 15_000;
const NOT_AUTHORIZED = { '3.1.1': 5, '5': 0x87 } as const;
const python = pythonWithPaho();

let platform: Platform;
let file: LocalFile;
let database: mysql.Connection;
const clients: PahoClient[] = [];
const cables: Cable[] = [];
const examples: Example[] = [];

beforeAll(async () => {
  platform = await startPlatform();
  file = platform.file;
  database = await mysql.createConnection({ ...file.mysql });
}, 180_000);

afterEach(() => {
  for (const client of clients.splice(0)) client.kill();
  for (const example of examples.splice(0)) example.kill();
  for (const cable of cables.splice(0)) cable.close();
});

afterAll(async () => {
  await database?.end();
  await platform?.stop();
  removeFolder(platform?.state ?? '');
}, 60_000);

describe.each([
  ['mqtt', '3.1.1'],
  ['mqtt', '5'],
  ['mqtts', '3.1.1'],
  ['mqtts', '5'],
] as const)('Paho over %s, MQTT %s', (transport, version) => {
  const secure = transport === 'mqtts';

  test('connects, subscribes, publishes, says good-bye', async () => {
    const device = sensor('S-001');
    const space = `PAHO-${transport}-${version}`;
    const paho = client();

    paho.connect({ ...address(secure), ...credentials(device), version });
    expect(await paho.until(({ event }) => event === 'connected')).toMatchObject({ code: 0, present: false });
    paho.subscribe(device.subscribe);
    expect(await paho.until(({ event }) => event === 'subscribed')).toMatchObject({ granted: [1] });
    paho.publish(device.publish, payload(space), 0);
    paho.publish(device.publish, payload(space), 1);
    await paho.until(({ event }) => event === 'acknowledged', 2);
    await paho.leave();

    expect(await rowsOf([space], 2)).toEqual(new Map([[space, 2]]));
    const [goodbye] = logged(device, 'disconnected').slice(-1);
    expect(goodbye).toMatchObject({ disconnectReason: 'CLIENT_INITIATED_DISCONNECT' });
  });

  test('is refused with a wrong password, and may do nothing at topics that are not its own', async () => {
    const device = sensor('S-001');
    const stranger = client();
    const paho = client();

    stranger.connect({ ...address(secure), ...credentials(device), password: 'Wrong-pass0rd', version });
    expect(await stranger.until(({ event }) => event === 'connected')).toMatchObject({ code: NOT_AUTHORIZED[version] });
    stranger.kill();
    paho.connect({ ...address(secure), ...credentials(device), version });
    await paho.until(({ event }) => event === 'connected');
    paho.subscribe(sensor('S-002').subscribe);
    paho.publish(sensor('S-002').publish, payload('PAHO-foreign'));

    expect(await paho.until(({ event }) => event === 'subscribed')).toMatchObject({
      granted: [version === '5' ? 0x87 : 0x80],
    });
    await paho.until(({ event }) => event === 'disconnected');
    expect(paho.of('acknowledged')).toEqual([]);
  });
});

test('MQTT 3.1 is refused with the code that says so', async () => {
  const paho = client();

  paho.connect({ ...address(false), ...credentials(sensor('S-001')), version: '3.1' });

  expect(await paho.until(({ event }) => event === 'connected')).toMatchObject({ code: 1 });
});

test('the last will of a device that vanishes is a message; who says good-bye takes it along', async () => {
  const device = sensor('S-003');
  const connect = async (space: string) => {
    const paho = client();
    const will = { topic: device.publish, payload: payload(space) };
    paho.connect({ ...address(true), ...credentials(device), version: '3.1.1', will });
    await paho.until(({ event }) => event === 'connected');
    return paho;
  };

  await (await connect('PAHO-polite')).leave();
  (await connect('PAHO-gone')).kill();

  expect(await rowsOf(['PAHO-polite', 'PAHO-gone'], 1)).toEqual(new Map([['PAHO-gone', 1]]));
});

describe.each(['3.1.1', '5'] as const)('Paho over MQTT %s, when the network fails', (version) => {
  test('what it publishes meanwhile arrives when it is back, each message once and in order', async () => {
    const device = sensor('S-004');
    const cable = await cableTo(file.mqtt.url);
    const paho = client();
    const spaces = Array.from({ length: 40 }, (_, i) => `PAHO-back-${version}-${i}`);
    const publish = (from: number, to: number) => {
      for (const space of spaces.slice(from, to)) paho.publish(device.publish, payload(space));
    };

    paho.connect({ host: '127.0.0.1', port: cable.port, ...credentials(device), version, clean: false, expiry: 3600 });
    await paho.until(({ event }) => event === 'connected');
    publish(0, 10);
    await paho.until(({ event }) => event === 'acknowledged', 10);
    cable.cut();
    await paho.until(({ event }) => event === 'disconnected');
    publish(10, 40);
    await paho.until(({ event }) => event === 'handed', 40);
    expect(paho.of('acknowledged')).toHaveLength(10);
    cable.mend();
    const back = await paho.until(({ event, code }) => event === 'connected' && code === 0, 2);
    await paho.until(({ event }) => event === 'acknowledged', 40);

    expect(back.present).toBe(true);
    expect([...(await rowsOf(spaces, 40))]).toEqual(spaces.map((space) => [space, 1]));
    await paho.leave();
  });

  test('what was taken and whose acknowledgement was lost is sent again', async () => {
    const device = sensor('S-005');
    const cable = await cableTo(file.mqtt.url);
    const paho = client();
    const spaces = Array.from({ length: 10 }, (_, i) => `PAHO-again-${version}-${i}`);

    paho.connect({ host: '127.0.0.1', port: cable.port, ...credentials(device), version, clean: false, expiry: 3600 });
    await paho.until(({ event }) => event === 'connected');
    cable.silenced.add('broker');
    for (const space of spaces) paho.publish(device.publish, payload(space));
    await rowsOf(spaces, 10);
    cable.cut();
    await paho.until(({ event }) => event === 'disconnected');
    expect(paho.of('acknowledged')).toEqual([]);
    cable.mend();
    await paho.until(({ event }) => event === 'acknowledged', 10);

    // A message that is sent twice is two messages, here as there.
    expect([...(await rowsOf(spaces, 20))]).toEqual(spaces.map((space) => [space, 2]));
    await paho.leave();
  });
});

describe.each(LANGUAGES)('the example of the guide in %s', (language) => {
  test('reports over TLS, comes back after the network failed, loses nothing, and answers a command', async () => {
    const device = sensor('S-006');
    const cable = await cableTo(file.mqtts.url);
    const spaces = Array.from({ length: 60 }, (_, i) => `EXAMPLE-${language}-${i}`);
    const mid = 1000 + LANGUAGES.indexOf(language);
    const command = exampleIn(language, platform.state);
    const example = new Example(command, { device, port: cable.port, ca: file.mqtts.ca });
    examples.push(example);

    await example.until('connected', 1);
    for (const space of spaces.slice(0, 10)) example.report(payload(space));
    await example.until('acknowledged', 10);
    cable.cut();
    await example.until('disconnected', 1);
    for (const space of spaces.slice(10)) example.report(payload(space));
    cable.mend();
    await example.until('connected', 2);
    await example.until('acknowledged', 60);
    await send(device, { msgType: 'cloudReq', mid, cmd: 'open', paras: { seconds: 5 } });
    await example.until('command', 1);
    const answered = await eventually(
      async () => platform.logs().split('\n'),
      (lines) => lines.some((line) => line.includes('answer not believed') && line.includes(String(mid))),
      WITHIN_MS,
    );

    expect(await example.end()).toBe(0);
    expect([...(await rowsOf(spaces, 60))]).toEqual(spaces.map((space) => [space, 1]));
    expect(example.lines('command').join()).toMatch(/open.*seconds/);
    // The platform has sent no such command: so it says that an answer came.
    expect(answered.some((line) => line.includes('answer not believed') && line.includes(String(mid)))).toBe(true);
  }, 90_000);

  test('logs in with a certificate in place of the password', async () => {
    const device = sensor('S-007');
    const space = `CERTIFICATE-${language}`;
    const files = ['device', 'certificate', 'create', 'ParkingSensor', 'S-007', '--out', platform.state];
    if (!existsSync(join(platform.state, 'S-007.key.pem'))) await causeway(...files, '--state', platform.state);
    const certificate = { cert: join(platform.state, 'S-007.cert.pem'), key: join(platform.state, 'S-007.key.pem') };
    const port = Number(new URL(file.mqtts.url).port);
    const example = new Example(exampleIn(language, platform.state), { device, port, ca: file.mqtts.ca, certificate });
    examples.push(example);

    example.report(payload(space));
    await example.until('acknowledged', 1);

    expect(await example.end()).toBe(0);
    expect([...(await rowsOf([space], 1))]).toEqual([[space, 1]]);
  });
});

/** As a command is sent. */
async function send({ subscribe }: DeviceLogin, command: object): Promise<void> {
  const { endpoint, region, accessKeyId, secretAccessKey } = file.aws;
  const iot = new IoTDataPlaneClient({ endpoint, region, credentials: { accessKeyId, secretAccessKey } });
  await iot.send(new PublishCommand({ topic: subscribe, qos: 1, payload: Buffer.from(JSON.stringify(command)) }));
  iot.destroy();
}

function client(): PahoClient {
  const made = new PahoClient(python);
  clients.push(made);

  return made;
}

async function cableTo(url: string): Promise<Cable> {
  const cable = await Cable.to(Number(new URL(url).port));
  cables.push(cable);

  return cable;
}

function address(secure: boolean): Pick<PahoConnect, 'host' | 'port' | 'ca'> {
  const { hostname, port } = new URL(secure ? file.mqtts.url : file.mqtt.url);

  return { host: hostname, port: Number(port), ...(secure ? { ca: file.mqtts.ca } : {}) };
}

function sensor(device: string): DeviceLogin {
  return file.devices.find((one) => one.device === device) as DeviceLogin;
}

function payload(space: string): string {
  return JSON.stringify({ deviceId: space, status: '1' });
}

/** How often each was written to the history, oldest first; once there are so many of all. */
async function rowsOf(spaces: readonly string[], count: number): Promise<Map<string, number>> {
  const ask = async () => {
    const [rows] = await database.query<(mysql.RowDataPacket & { DeviceId: string })[]>(
      'SELECT DeviceId FROM ParkingHistory WHERE DeviceId IN (?) ORDER BY Id',
      [spaces],
    );
    return rows.map(({ DeviceId }) => DeviceId);
  };
  const rows = await eventually(ask, ({ length }) => length >= count, WITHIN_MS);
  const counts = new Map<string, number>();
  for (const space of rows) counts.set(space, (counts.get(space) ?? 0) + 1);

  return counts;
}

/** Lines of the broker's log about a device, oldest first. */
function logged({ clientId }: DeviceLogin, message: string): Readonly<Record<string, unknown>>[] {
  return platform
    .logs()
    .split('\n')
    .filter((line) => line.includes(clientId) && line.includes(`"${message}"`))
    .map((line) => JSON.parse(line) as Readonly<Record<string, unknown>>);
}
