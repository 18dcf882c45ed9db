import { spawn } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import mqtt, { type MqttClient } from 'mqtt';
import { logInFleet, registerFleet } from '../../bench/devices/fleet.ts';
import { synthesize } from '../../bin/synthesize.ts';
import {
  causeway,
  type DeviceLogin,
  eventually,
  type Platform,
  readLocalFile,
  removeFolder,
  startPlatform,
  temporaryFolder,
} from './platform.ts';

/** What an operator is promised: whoever is disabled, reset or deleted is off within this time. */
const WITHIN_MS = 5_000;
let platform: Platform;
const clients: MqttClient[] = [];

beforeAll(async () => {
  platform = await startPlatform();
}, 180_000);

afterEach(() => {
  for (const client of clients.splice(0)) {
    client.end(true);
  }
});

afterAll(async () => {
  await platform?.stop();
  removeFolder(platform?.state ?? '');
}, 60_000);

describe('a device that is connected', () => {
  test('is cut off when it is disabled, refused while it is, and let in again when it is enabled', async () => {
    const device = fixed('S-001');
    const client = await connected(device);
    const closed = closing(client);
    const asked = performance.now();

    expect(await perform('disable', device)).toMatchObject({ code: 0, stdout: 'S-001 is disabled.\n' });
    await closed;

    expect(performance.now() - asked).toBeLessThan(WITHIN_MS);
    expect(await logIn(device)).toBe('refused');
    expect(platform.logs()).toContain('did not authenticate the client (refusedDeviceDisabled)');
    await perform('enable', device);
    expect(await logIn(device)).toBe('accepted');
  }, 60_000);

  test('written in C, mosquitto_sub, is cut off as well', async () => {
    const device = fixed('S-002');
    const { hostname, port } = new URL(platform.file.mqtt.url);
    const child = spawn('mosquitto_sub', [
      ...['-h', hostname, '-p', port, '-i', device.clientId, '-u', device.username, '-P', device.password],
      ...['-t', device.subscribe, '-d'],
    ]);
    let output = '';
    child.stdout.on('data', (chunk) => {
      output += chunk;
    });
    await eventually(
      async () => output,
      (text) => text.includes('SUBACK'),
      10_000,
    );
    const asked = performance.now();

    await perform('disable', device);
    const refused = await eventually(
      async () => output,
      (text) => text.includes('CONNACK (5)'),
      WITHIN_MS,
    );
    child.kill('SIGKILL');

    // It connects again by itself, and is told that it may not.
    expect(refused).toContain('CONNACK (5)');
    expect(performance.now() - asked).toBeLessThan(WITHIN_MS + 1_000);
    await perform('enable', device);
  }, 60_000);

  test('is cut off when its password is reset; the old one is refused and the new one is in local.json', async () => {
    const device = fixed('S-003');
    const client = await connected(device);
    const closed = closing(client);

    const reset = await perform('reset-password', device, '--json');
    await closed;

    const { password } = JSON.parse(reset.stdout) as DeviceLogin;
    expect(await logIn(device)).toBe('refused');
    expect(await logIn({ ...device, password })).toBe('accepted');
    expect(readLocalFile(platform.state).devices.find(({ device: id }) => id === 'S-003')?.password).toBe(password);
    expect(platform.logs()).not.toContain(password);
  }, 60_000);

  test('is gone when it is deleted, which a device of a stack is not', async () => {
    const registered = await causeway(
      'device',
      'register',
      'ParkingSensor',
      'X-1',
      '--json',
      '--state',
      platform.state,
    );
    const device = JSON.parse(registered.stdout) as DeviceLogin;
    const client = await connected(device);
    const closed = closing(client);

    expect(await perform('delete', device, '--yes')).toMatchObject({ code: 0, stdout: 'X-1 is deleted.\n' });
    await closed;

    expect(await logIn(device)).toBe('refused');
    expect(await perform('show', device)).toMatchObject({ code: 1, stderr: expect.stringContaining('no device X-1') });
    expect(await perform('delete', fixed('S-004'), '--yes')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('declared in a stack'),
    });
    expect(await logIn(fixed('S-004'))).toBe('accepted');
  }, 60_000);
});

test('presence follows the connection: never, online, offline with the reason', async () => {
  const device = fixed('S-010');
  expect(await presence(device)).toEqual({ state: 'never' });

  const client = await connected(device);
  const online = await eventually(
    () => presence(device),
    ({ state }) => state === 'online',
    WITHIN_MS,
  );
  expect(online).toEqual({ state: 'online', since: expect.stringMatching(/^\d{4}-.*Z$/) });

  await client.endAsync();
  const offline = await eventually(
    () => presence(device),
    ({ state }) => state === 'offline',
    WITHIN_MS,
  );
  expect(offline).toMatchObject({ state: 'offline', reason: 'CLIENT_INITIATED_DISCONNECT' });
  const listed = await causeway('device', 'list', '--presence', 'offline', '--state', platform.state);
  expect(listed.stdout).toContain('S-010');
}, 60_000);

test('a crash leaves nobody online who is not, and a deployment leaves alone what was changed at run time', async () => {
  const [device, other, stolen, lost] = [fixed('S-005'), fixed('S-006'), fixed('S-007'), fixed('S-008')];
  await connected(device);
  await connected(other);
  for (const one of [device, other]) {
    await eventually(
      () => presence(one),
      ({ state }) => state === 'online',
      WITHIN_MS,
    );
  }
  await perform('disable', stolen);
  const { password } = JSON.parse((await perform('reset-password', lost, '--json')).stdout) as DeviceLogin;
  process.kill(platform.pid, 'SIGKILL');
  for (const client of clients.splice(0)) {
    client.end(true);
  }

  const { state, portBase } = platform;
  const assembly = await redescribed('At the entrance');
  platform = await startPlatform({ state, portBase, assembly });
  removeFolder(assembly);
  await connected(other);

  const offline = await eventually(
    () => presence(device),
    (found) => found.state === 'offline',
    WITHIN_MS,
  );
  expect(offline).toMatchObject({ state: 'offline', reason: 'SERVER_ERROR' });
  expect(
    await eventually(
      () => presence(other),
      (found) => found.state === 'online',
      WITHIN_MS,
    ),
  ).toMatchObject({ state: 'online' });
  expect(await shown(stolen)).toMatchObject({ enabled: false, description: 'At the entrance', fixed: true });
  expect(await logIn(stolen)).toBe('refused');
  expect(fixed('S-008').password).toBe(password);
  expect(await logIn(fixed('S-008'))).toBe('accepted');
}, 180_000);

/** The parking lot as a later deployment would have it: every fixed device described anew. */
async function redescribed(description: string): Promise<string> {
  const folder = await synthesize('parking', temporaryFolder());
  for (const name of readdirSync(folder).filter((file) => file.endsWith('.template.json'))) {
    const file = join(folder, name);
    const template = JSON.parse(readFileSync(file, 'utf8')) as {
      Resources: Record<string, { Type: string; Properties: { Devices?: { description: string }[] } }>;
    };
    for (const { Type, Properties } of Object.values(template.Resources)) {
      for (const declared of Type === 'Custom::CausewayDevices' ? (Properties.Devices ?? []) : []) {
        declared.description = description;
      }
    }
    writeFileSync(file, JSON.stringify(template));
  }

  return folder;
}

test('devices that come all at once get in at their first attempt', async () => {
  const fleet = await registerFleet(platform.file, 'ParkingSensor', 60);

  const { clients: connectedNow, failedAttempts } = await logInFleet(platform.file, fleet);
  clients.push(...connectedNow);

  expect(connectedNow).toHaveLength(60);
  expect(failedAttempts).toBe(0);
}, 120_000);

function fixed(device: string): DeviceLogin {
  const found = platform.file.devices.find((one) => one.device === device);
  if (found === undefined) {
    throw new RangeError(`the parking lot has no sensor ${device}`);
  }

  return found;
}

function perform(command: string, { product, device }: DeviceLogin, ...more: string[]) {
  return causeway('device', command, product, device, ...more, '--state', platform.state);
}

async function shown({ product, device }: DeviceLogin): Promise<{ presence: { state: string } }> {
  const { url, token } = platform.file.management;
  const answer = await fetch(`${url}/devices/${product}/${device}`, { headers: { Authorization: `Bearer ${token}` } });

  return (await answer.json()) as { presence: { state: string } };
}

async function presence(device: DeviceLogin): Promise<{ state: string }> {
  return (await shown(device)).presence;
}

async function connected({ clientId, username, password }: DeviceLogin): Promise<MqttClient> {
  const client = await mqtt.connectAsync(platform.file.mqtt.url, { clientId, username, password, reconnectPeriod: 0 });
  clients.push(client);

  return client;
}

function closing(client: MqttClient): Promise<void> {
  return new Promise((resolve) => client.once('close', () => resolve()));
}

async function logIn(device: DeviceLogin): Promise<'accepted' | 'refused'> {
  try {
    await (await connected(device)).endAsync();
    return 'accepted';
  } catch {
    return 'refused';
  }
}
