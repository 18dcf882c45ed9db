import mysql from 'mysql2/promise';
import { calls } from './call-steps.ts';
import { commandSteps } from './command-steps.ts';
import { deviceSteps } from './device-steps.ts';
import { deploymentSteps, ledgerSteps, resetSteps } from './lasting-steps.ts';
import { proofSteps } from './proof-steps.ts';
import { replaySteps } from './replay-steps.ts';
import { scheduledSteps } from './scheduled-steps.ts';
import { connect, keeps, productOf, publish } from './sending.ts';
import type { Step } from './step.ts';
import { taskSteps } from './task-steps.ts';
import { topicSteps } from './topic-steps.ts';
import type { WatchedPlatform } from './watched-platform.ts';

/** What the platform is for, step by step. A new function needs a step here that uses each of its rights. */
export function stepsOf(platform: WatchedPlatform): readonly Step[] {
  return [
    ...data(platform),
    ...calls(platform),
    ...management(platform),
    ...taskSteps(platform),
    ...deviceSteps(platform),
    ...commandSteps(platform),
    ...topicSteps(platform),
    ...failures(platform),
    ...errorStore(platform),
    ...replaySteps(platform),
    ...scheduledSteps(platform),
    ...proofSteps(platform),
    ...ledgerSteps(platform, 'ParkingHistory'),
    // Last: what is counted from the first whole minute on has to wait for that once a task begins anew.
    ...resetSteps(platform),
    ...deploymentSteps(platform),
  ];
}

/** Sensor and gate messages, from log-in to row. */
function data(platform: WatchedPlatform): readonly Step[] {
  const { until } = platform.patience;

  return [
    {
      fresh: true,
      name: 'write the status of a space',
      async run() {
        const taken = await count(platform, "ParkingData WHERE DeviceId = 'S-001' AND Status = '1'");
        await publish(platform, 'S-001', { deviceId: 'S-001', status: String(1 - taken) });
        await atLeast(platform, `ParkingData WHERE DeviceId = 'S-001' AND Status = '${1 - taken}'`, 1);
      },
    },
    {
      fresh: true,
      name: 'write the history of a space',
      async run() {
        // Its own row: what a step before could not have written comes later.
        const deviceId = `S-002.${Date.now()}`;
        await publish(platform, 'S-002', { deviceId, status: '0' });
        await atLeast(platform, `ParkingHistory WHERE DeviceId = '${deviceId}'`, 1);
      },
    },
    {
      fresh: true,
      name: 'keep what does not fit in quarantine',
      async run() {
        const rejected = async () => {
          const { items } = await platform.manage('GET', '/tasks/ParkingHistory/rejected?limit=100');

          return (items as unknown[]).length;
        };
        const before = await rejected();
        await publish(platform, 'S-008', { deviceId: 'S-008', status: 'neither' });
        await until('what does not fit', async () => (await rejected()) > before);
      },
    },
    {
      fresh: true,
      name: 'write the entry of a vehicle',
      async run() {
        const plate = `P-${Date.now() % 1_000_000_000}`;
        await publish(platform, 'G-IN', { plate, direction: 'in', time: new Date().toISOString() });
        await atLeast(platform, `ParkingGateEvent WHERE Plate = '${plate}'`, 1);
      },
    },
    {
      fresh: true,
      name: 'see a device connected',
      async run() {
        const client = await connect(platform, 'S-003');
        const path = '/devices/ParkingSensor/S-003';
        const isOnline = async () => JSON.stringify(await platform.manage('GET', path)).includes('"state":"online"');
        await until('its connection', isOnline);
        await client.endAsync();
        await until('its end', async () => !(await isOnline()));
      },
    },
  ];
}

function management(platform: WatchedPlatform): readonly Step[] {
  const { manage } = platform;
  const simple = (path: string) => ({ name: `GET ${path}`, run: async () => void (await manage('GET', path)) });
  const device = '/devices/ParkingSensor/T-001';

  return [
    ...['/instance', '/devices', '/devices/ParkingSensor/S-001', '/apps', '/apps/ParkingOwner', '/apis'].map(simple),
    ...['/apis/Parking/FreeSpaces', '/backends'].map(simple),
    ...['/topics', '/topics/ParkingEvents', '/datasources', '/tasks', '/tasks/ParkingHistory', '/alarms'].map(simple),
    simple('/tasks/ParkingHistory/latency'),
    simple('/tasks/ParkingHistory/batches'),
    simple('/tasks/ParkingHistory/rejected'),
    {
      name: 'ask for the quarantine of a task that is not there',
      async run() {
        // Only where there is nothing it is asked whether there is such a task.
        const refusal = await manage('GET', '/tasks/Nobody/rejected').catch(String);
        if (!String(refusal).includes(': 404 ')) throw new RangeError(String(refusal));
      },
    },
    {
      name: 'ask for the runs of a task that has none',
      async run() {
        const refusal = await manage('GET', '/tasks/ParkingHistory/runs').catch(String);
        if (!String(refusal).includes('is no scheduled task')) throw new RangeError(String(refusal));
      },
    },
    {
      name: 'undo a batch that nobody wrote',
      run: async () => void (await manage('POST', '/tasks/ParkingHistory/rollbacks', { batch: '0'.repeat(15) })),
    },
    {
      name: 'register, change and delete a device',
      async run() {
        await manage('DELETE', device).catch(() => undefined);
        await manage('POST', '/devices', { product: 'ParkingSensor', device: 'T-001' });
        await manage('PATCH', device, { enabled: false });
        await manage('DELETE', device);
      },
      repeat: true,
    },
    {
      name: 'cut off a device that is disabled',
      async run() {
        const client = await connect(platform, 'S-004');
        try {
          await manage('PATCH', '/devices/ParkingSensor/S-004', { enabled: false });
          await platform.patience.until('the cut', async () => !client.connected);
        } finally {
          await manage('PATCH', '/devices/ParkingSensor/S-004', { enabled: true }).catch(() => undefined);
          client.end(true);
        }
      },
      repeat: true,
    },
    {
      name: 'give a fixed device a new password',
      run: async () => void (await manage('POST', '/devices/ParkingSensor/S-005/password', {})),
      repeat: true,
    },
    {
      name: 'make an app, grant and revoke an API, delete it',
      async run() {
        await manage('DELETE', '/apps/Tried').catch(() => undefined);
        await manage('POST', '/apps', { app: 'Tried' });
        await manage('GET', '/apps/Tried/credentials');
        await manage('POST', '/apps/Tried/app-codes', {});
        await manage('POST', '/apps/Tried/secrets', {});
        await manage('DELETE', '/apps/Tried');
      },
      repeat: true,
    },
    {
      name: 'give an app of the stack another AppCode',
      async run() {
        const { id } = await manage('POST', '/apps/CityDashboard/app-codes', {});
        await manage('DELETE', `/apps/CityDashboard/app-codes/${id}`);
      },
      repeat: true,
    },
    {
      name: 'look for messages of a topic',
      run: async () => void (await manage('POST', '/topics/ParkingEvents/messages', { since: Date.now() - 60_000 })),
    },
    {
      name: 'look for messages of the gates',
      run: async () => void (await manage('POST', '/topics/GateEvents/messages', { since: Date.now() - 60_000 })),
    },
    {
      name: 'acknowledge a difference that is not there',
      async run() {
        const body = { difference: 1, reason: 'tried' };
        const refusal = await manage('POST', '/tasks/ParkingHistory/ledger/acknowledgements', body).catch(String);
        if (!String(refusal).includes('has no such difference')) throw new RangeError(String(refusal));
      },
    },
  ];
}

/** What cannot be handed on is kept in the error store. */
function failures(platform: WatchedPlatform): readonly Step[] {
  const { policies } = platform;
  const clientIdOf = (device: string) => platform.devices().find((one) => one.device === device)?.clientId;
  const notTaken = (name: string, device: string, message: object) =>
    keeps(
      platform,
      name,
      `${productOf(platform, device)}/`,
      () => policies.refuse('kinesis:PutRecord'),
      () => publish(platform, device, message),
    );

  return [
    notTaken("keep a sensor's message that the stream does not take", 'S-006', { deviceId: 'S-006', status: '0' }),
    notTaken("keep a gate's message that the stream does not take", 'G-OUT', {
      ...{ plate: 'KEPT', direction: 'out', time: new Date().toISOString() },
    }),
    keeps(
      platform,
      'keep an event of presence that its function does not take',
      `presence-events/${clientIdOf('S-007')}/`,
      () => platform.breakFunction(/Presence/),
      async () => (await connect(platform, 'S-007')).endAsync(),
    ),
  ];
}

function errorStore({ manage }: WatchedPlatform): readonly Step[] {
  return [
    {
      name: 'read what the error store keeps',
      async run() {
        const { items } = (await manage('GET', '/error-store')) as { items: { key: string }[] };
        await manage('GET', `/error-store/${items[0]?.key}`);
      },
    },
  ];
}

async function count(platform: WatchedPlatform, table: string): Promise<number> {
  const connection = await mysql.createConnection({
    host: '127.0.0.1',
    port: platform.mysqlPort,
    ...platform.facts.database,
  });
  try {
    const [rows] = await connection.query(`SELECT COUNT(*) AS n FROM ${table}`);

    return (rows as { n: number }[])[0]?.n ?? 0;
  } finally {
    await connection.end();
  }
}

const atLeast = (platform: WatchedPlatform, table: string, wanted: number) =>
  platform.patience.until(`a row of ${table}`, async () => (await count(platform, table)) >= wanted);
