import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, expect, test } from '@jest/globals';
import mqtt, { type MqttClient } from 'mqtt';
import mysql, { type RowDataPacket } from 'mysql2/promise';
import { call, withAppCode } from './caller.ts';
import {
  causeway,
  type DeviceLogin,
  eventually,
  freePortBase,
  type LocalFile,
  type Platform,
  removeFolder,
  startPlatform,
  temporaryFolder,
} from './platform.ts';

const PREVIOUS = join(import.meta.dirname, 'previous-release');

const state = temporaryFolder();
let platform: Platform | undefined;

afterAll(async () => {
  await platform?.stop();
  removeFolder(state);
}, 60_000);

test('a platform in use is upgraded in place: nothing acknowledged is lost or doubled, and what was set at run time stays', async () => {
  const portBase = await freePortBase();
  platform = await startPlatform({ state, portBase, integration: PREVIOUS });
  const before = platform.file;
  const publisher = publishAll(before, 'S-001');
  await sleep(2_000);
  await causeway('task', 'stop', 'ParkingData', '--state', state);

  // Killed and not stopped: batches are on their way, and messages are in the stream that no task has read.
  process.kill(platform.pid, 'SIGKILL');
  await sleep(500);
  platform = await startPlatform({ state, portBase });
  await sleep(2_000);
  const acknowledged = await publisher.stop();

  expect(acknowledged.length).toBeGreaterThan(100);
  const rows = await eventually(
    () => historyOf(before),
    (found) => acknowledged.every((id) => found.has(id)),
    30_000,
  );
  expect(acknowledged.filter((id) => rows.get(id) !== 1)).toEqual([]);

  const after = platform.file;
  expect(after.apps['ParkingOwner']).toEqual(before.apps['ParkingOwner']);
  expect(after.devices.find(({ device }) => device === 'S-001')).toEqual(login(before, 'S-001'));
  expect(after.devices.map(({ device }) => device)).not.toContain('S-099');
  await expect(connected(login(before, 'S-099'), before)).rejects.toThrow(/Bad username or password|Not authorized/i);
  expect(await stateOf('ParkingData')).toBe('stopped');
  expect(await stateOf('ParkingHistory')).toBe('started');
  const zones = await call(`${after.apis['Parking']?.url}/parking/zones`, {
    headers: withAppCode(after, 'ParkingOwner'),
  });
  expect(zones.status).toBe(200);

  await causeway('task', 'start', 'ParkingData', '--state', state);
  const spaces = await eventually(
    () => count(before, 'ParkingData'),
    (n) => n >= acknowledged.length,
    30_000,
  );
  expect(spaces).toBeGreaterThanOrEqual(acknowledged.length);
}, 300_000);

/**
 * Publishes one message after the other, each with an id of its own and sent once only, over as many connections as it takes; answers the ids
 * that were acknowledged.
 */
function publishAll(file: LocalFile, device: string): { stop(): Promise<string[]> } {
  const acknowledged: string[] = [];
  let running = true;
  let sent = 0;
  const loop = async () => {
    while (running) {
      const client = await connected(login(file, device), file).catch(() => undefined);
      if (client === undefined) {
        await sleep(100);
        continue;
      }
      let open = true;
      const closed = new Promise<void>((done) => {
        client.once('close', () => {
          open = false;
          done();
        });
      });
      while (running && open) {
        const ids = Array.from({ length: 4 }, () => `U-${sent++}`);
        await Promise.race([
          Promise.allSettled(
            ids.map(async (deviceId) => {
              const payload = JSON.stringify({ deviceId, status: String(sent % 2) });
              await client.publishAsync(login(file, device).publish, payload, { qos: 1 });
              acknowledged.push(deviceId);
            }),
          ),
          closed,
        ]);
        await sleep(45); // a connection may publish 100 messages a second
      }
      client.end(true);
    }
  };
  const done = loop();

  return {
    async stop() {
      running = false;
      await done;

      return acknowledged;
    },
  };
}

/** One connection that never comes back by itself, so that nothing is sent a second time. */
async function connected(device: DeviceLogin, file: LocalFile): Promise<MqttClient> {
  return mqtt.connectAsync(file.mqtt.url, {
    clientId: device.clientId,
    username: device.username,
    password: device.password,
    reconnectPeriod: 0,
  });
}

function login(file: LocalFile, name: string): DeviceLogin {
  return file.devices.find(({ device }) => device === name) as DeviceLogin;
}

async function stateOf(task: string): Promise<string> {
  const { stdout } = await causeway('task', 'show', task, '--state', state, '--json');

  return (JSON.parse(stdout) as { state: string }).state;
}

async function historyOf(file: LocalFile): Promise<Map<string, number>> {
  const rows = await query(file, 'SELECT DeviceId AS id, COUNT(*) AS n FROM ParkingHistory GROUP BY DeviceId');

  return new Map(rows.map((row) => [String(row['id']), Number(row['n'])]));
}

async function count(file: LocalFile, table: string): Promise<number> {
  const [row] = await query(file, `SELECT COUNT(*) AS n FROM ${table}`);

  return Number(row?.['n']);
}

async function query(file: LocalFile, sql: string): Promise<RowDataPacket[]> {
  const connection = await mysql.createConnection({ ...file.mysql });
  const [rows] = await connection.query<RowDataPacket[]>(sql);
  await connection.end();

  return rows;
}
