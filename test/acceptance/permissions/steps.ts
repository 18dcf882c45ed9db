import mqtt from 'mqtt';
import mysql from 'mysql2/promise';
import { AwsError } from '../../../local/errors.ts';
import { eventually } from '../platform.ts';
import { calls } from './call-steps.ts';
import { commandSteps } from './command-steps.ts';
import { deviceSteps } from './device-steps.ts';
import { proofSteps } from './proof-steps.ts';
import { replaySteps } from './replay-steps.ts';
import { isOfTask, scheduledSteps } from './scheduled-steps.ts';
import type { Step } from './step.ts';
import { resetSteps, topicSteps } from './topic-steps.ts';
import type { WatchedPlatform } from './watched-platform.ts';

const PATIENCE_MS = 20_000;
const A_MINUTE_MS = 90_000;

/** What the platform is for, step by step. A new function needs a step here that uses each of its rights. */
export function stepsOf(platform: WatchedPlatform): readonly Step[] {
  return [
    ...ledger(platform),
    ...resetSteps(platform),
    ...deployments(platform),
    ...data(platform),
    ...calls(platform),
    ...management(platform),
    ...deviceSteps(platform),
    ...commandSteps(platform),
    ...topicSteps(platform),
    ...failures(platform),
    ...errorStore(platform),
    ...replaySteps(platform),
    ...scheduledSteps(platform),
    ...proofSteps(platform),
  ];
}

function deployments({ deployed, engines, policies, manage }: WatchedPlatform): readonly Step[] {
  const again = deployed.map((one) => ({ name: `deploy ${one.name} again`, run: () => one.again(), repeat: true }));
  const fanOut = deployed
    .filter(({ properties }) => 'StreamArn' in properties)
    .map((task) => ({
      name: `give ${task.name} enhanced fan-out and take it back`,
      async run() {
        const { Task, StreamArn, FunctionArn } = task.properties as Record<
          'Task' | 'StreamArn' | 'FunctionArn',
          string
        >;
        // The new mapping then has to be let invoke the function in the task's epoch.
        await manage('POST', `/tasks/${Task}/reset`, { to: 'latest' });
        const role = engines.lambda.functions.get(FunctionArn).roleArn.split('/').at(-1) ?? '';
        const { arn: ConsumerArn } = await engines.stream.applyConsumer(StreamArn, 'tried');
        const takeBack = policies.grant(role, ['kinesis:DescribeStreamConsumer', 'kinesis:SubscribeToShard']);
        try {
          await task.changed({ ConsumerArn });
        } finally {
          takeBack();
        }
      },
      repeat: true,
    }));

  return [...again, ...fanOut];
}

/** Sensor and gate messages, from log-in to row. */
function data(platform: WatchedPlatform): readonly Step[] {
  return [
    {
      name: 'write the status of a space',
      async run() {
        const taken = await count(platform, "ParkingData WHERE DeviceId = 'S-001' AND Status = '1'");
        await publish(platform, 'S-001', { deviceId: 'S-001', status: String(1 - taken) });
        await atLeast(platform, `ParkingData WHERE DeviceId = 'S-001' AND Status = '${1 - taken}'`, 1);
      },
    },
    {
      name: 'write the history of a space',
      async run() {
        // Its own row: what a step before could not have written comes later.
        const deviceId = `S-002.${Date.now()}`;
        await publish(platform, 'S-002', { deviceId, status: '0' });
        await atLeast(platform, `ParkingHistory WHERE DeviceId = '${deviceId}'`, 1);
      },
    },
    {
      name: 'keep what does not fit in quarantine',
      async run() {
        const rejected = async () => {
          const { items } = await platform.manage('GET', '/tasks/ParkingHistory/rejected?limit=100');

          return (items as unknown[]).length;
        };
        const before = await rejected();
        await publish(platform, 'S-008', { deviceId: 'S-008', status: 'neither' });
        await until(async () => (await rejected()) > before);
      },
    },
    {
      name: 'write the entry of a vehicle',
      async run() {
        const plate = `P-${Date.now() % 1_000_000_000}`;
        await publish(platform, 'G-IN', { plate, direction: 'in', time: new Date().toISOString() });
        await atLeast(platform, `ParkingGateEvent WHERE Plate = '${plate}'`, 1);
      },
    },
    {
      name: 'see a device connected',
      async run() {
        const client = await connect(platform, 'S-003');
        const path = '/devices/ParkingSensor/S-003';
        await until(async () => JSON.stringify(await platform.manage('GET', path)).includes('"state":"online"'));
        await client.endAsync();
        await until(async () => !JSON.stringify(await platform.manage('GET', path)).includes('"state":"online"'));
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
    simple('/apps/ParkingOwner/credentials'),
    simple('/tasks/ParkingHistory/latency'),
    simple('/tasks/ParkingHistory/rejected'),
    // Only where there is nothing it is asked whether there is such a task.
    simple('/tasks/ParkingGateEvents/rejected'),
    simple('/tasks/ParkingHistory/logs'),
    {
      name: 'ask for the runs of a task that has none',
      async run() {
        const refusal = await manage('GET', '/tasks/ParkingHistory/runs').catch(String);
        if (!String(refusal).includes('is no scheduled task')) throw new RangeError(String(refusal));
      },
    },
    ...['ParkingData', 'ParkingHistory', 'ParkingGateEvents'].map((task) => ({
      name: `replay what is in the quarantine of ${task}`,
      run: async () => void (await manage('POST', `/tasks/${task}/rejected`, { code: 'none' })),
    })),
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
        const closed = new Promise<void>((resolve) => client.once('close', () => resolve()));
        try {
          await manage('PATCH', '/devices/ParkingSensor/S-004', { enabled: false });
          await closed;
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
      name: 'test the database as a data source',
      async run() {
        const { items = [] } = (await manage('GET', '/datasources')) as { items?: { name: string }[] };
        for (const { name } of items) {
          const report = await manage('POST', `/datasources/${name}/test`, {});
          if (JSON.stringify(report).includes('"ok":false')) throw new RangeError(JSON.stringify(report));
        }
      },
    },
    {
      name: 'acknowledge a difference that is not there',
      async run() {
        const body = { difference: 1, reason: 'tried' };
        const refusal = await manage('POST', '/tasks/ParkingHistory/ledger/acknowledgements', body).catch(String);
        if (!String(refusal).includes('has no such difference')) throw new RangeError(String(refusal));
      },
    },
    ...['ParkingData', 'ParkingHistory', 'ParkingGateEvents'].map((task) => ({
      name: `stop and start the task ${task}`,
      async run() {
        await manage('POST', `/tasks/${task}/stop`, {});
        await manage('POST', `/tasks/${task}/start`, {});
      },
      repeat: true,
    })),
  ];
}

/** The account of a new mapping begins with the first whole minute; only then metrics and topics are asked. */
function ledger(platform: WatchedPlatform): readonly Step[] {
  const untilCounted = async (act: () => Promise<unknown>) => {
    let counted = false;
    const stop = platform.policies.watch(({ action }) => {
      counted ||= action === 'cloudwatch:GetMetricData';
    });
    try {
      await until(async () => {
        await act();
        return counted;
      }, A_MINUTE_MS);
    } finally {
      stop();
    }
  };

  return [
    // Those of tasks count nothing, and have steps of their own.
    ...platform.scheduled
      .filter(({ functionArn }) => !isOfTask(functionArn))
      .map(({ functionArn, run }) => ({
        name: `run ${functionArn.split(':').at(-1)} as its schedule does`,
        run: () => untilCounted(run),
        slow: true,
      })),
    {
      name: 'GET /tasks/ParkingHistory/ledger',
      run: () => untilCounted(() => platform.manage('GET', '/tasks/ParkingHistory/ledger')),
      slow: true,
    },
  ];
}

/** What cannot be handed on is kept in the error store. */
function failures(platform: WatchedPlatform): readonly Step[] {
  const { engines, policies } = platform;
  const kept = async (prefix: string) => {
    const objects = await Promise.all(platform.buckets.map((bucket) => engines.store.list(bucket, prefix)));

    return objects.flat().length;
  };
  const clientIdOf = (device: string) => platform.devices().find((one) => one.device === device)?.clientId;
  const productOf = (device: string) =>
    platform
      .devices()
      .find((one) => one.device === device)
      ?.publish.split('/')[0];
  const keeps = (name: string, prefix: string, fail: () => () => void, act: () => Promise<unknown>): Step => ({
    name,
    async run() {
      const before = await kept(prefix);
      const mend = fail();
      try {
        void act().catch(() => undefined);
        await until(async () => (await kept(prefix)) > before);
      } finally {
        mend();
      }
    },
    // What it makes fail must not fail for others: it is waited for.
    repeat: true,
  });

  return [
    keeps(
      "keep a sensor's message that the stream does not take",
      `${productOf('S-006')}/`,
      () => policies.refuse('kinesis:PutRecord'),
      () => publish(platform, 'S-006', { deviceId: 'S-006', status: '0' }),
    ),
    keeps(
      "keep a gate's message that the stream does not take",
      `${productOf('G-OUT')}/`,
      () => policies.refuse('kinesis:PutRecord'),
      () => publish(platform, 'G-OUT', { plate: 'KEPT', direction: 'out', time: new Date().toISOString() }),
    ),
    keeps(
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

async function connect({ mqtt: url, devices: current }: WatchedPlatform, device: string): Promise<mqtt.MqttClient> {
  // Not from the facts: a step may have given the device another password.
  const login = current().find((one) => one.device === device);

  return mqtt.connectAsync(url, { ...login, protocolVersion: 4, reconnectPeriod: 0 }, false);
}

async function publish(platform: WatchedPlatform, device: string, message: object): Promise<void> {
  const client = await connect(platform, device);
  try {
    const topic = platform.devices().find((one) => one.device === device)?.publish ?? '';
    await client.publishAsync(topic, JSON.stringify(message), { qos: 1 });
  } finally {
    client.end(true);
  }
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
  until(async () => (await count(platform, table)) >= wanted);

async function until(condition: () => Promise<boolean>, patienceMs = PATIENCE_MS): Promise<void> {
  if (!(await eventually(condition, Boolean, patienceMs))) throw new AwsError('Timeout', 'it did not come in time');
}
