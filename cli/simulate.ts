import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { Option } from 'commander';
import { type Call, command } from './command.ts';
import { CommandFailed, EXIT, UsageError } from './errors.ts';
import type { Latency } from './management-client.ts';
import type { Platform } from './platform/platform.ts';
import { createProgress } from './screen/progress.ts';
import { countText, millisecondsText } from './screen/words.ts';
import { decimalNumber, wholeNumber } from './settings.ts';
import { type Account, closeAccounts, type Ledgers, openAccounts } from './simulation/accounts.ts';
import { recruit } from './simulation/fleet.ts';
import { inParallel } from './simulation/in-parallel.ts';
import { MAX_PER_SENSOR, totalMessages } from './simulation/schedule.ts';
import { type Broker, Sensor } from './simulation/sensor.ts';
import { latencySince, type Settlement, settle } from './simulation/settlement.ts';
import { runTraffic, type Traffic } from './simulation/traffic.ts';

interface Options {
  readonly sensors: number;
  readonly rate: number;
  readonly duration: number;
  readonly settle: number;
  readonly product: string;
  readonly task: string;
  readonly tls?: boolean;
}

/** Log-ins at a time: each costs the platform a password hash. */
const LOGINS = 25;
const POLL_MS = 500;

export const simulate = command<Options>({
  path: 'simulate',
  summary: 'let sensors report over MQTT and account for every message',
  details: [
    'Each sensor sends {"deviceId", "status"} with QoS 1, the status alternating between 0 and 1. Uses the fixed devices',
    'of the integration, then devices SIM-0001, SIM-0002, … which it registers and keeps for the next time.',
    "Written is the difference of the task's own counts, so other traffic meanwhile counts too. At the end comes the ledger",
    'of every started task of the same topic. The exit code is 0 when every acknowledged message was written by the task, and',
    'written or quarantined by the others.',
  ].join(' '),
  options: [
    new Option('--sensors <n>', 'how many').argParser(wholeNumber({ min: 1, max: 10_000 })).default(10),
    new Option('--rate <n>', 'messages per second, of all together; at most 100 a sensor')
      .argParser(decimalNumber({ above: 0, max: 100_000 }))
      .default(10),
    new Option('--duration <seconds>', 'how long they send')
      .argParser(decimalNumber({ above: 0, max: 86_400 }))
      .default(10),
    new Option('--settle <seconds>', 'how long to wait at most until all is written')
      .argParser(wholeNumber({ min: 0, max: 3600 }))
      .default(60),
    new Option('--product <name>', 'the product of the sensors').default('ParkingSensor'),
    new Option('--task <name>', 'the task whose counts are taken').default('ParkingHistory'),
    new Option('--tls', 'connect with MQTTS; always so with --stack'),
  ],
  examples: [
    ['causeway simulate', '10 sensors, 10 messages/s, 10 s'],
    ['causeway simulate --sensors 100 --rate 500 --duration 30', 'a busy half minute'],
    ['causeway simulate --tls --json', 'over MQTTS, the counts for a script'],
  ],
  platform: true,
  async run(call) {
    const { options, output, context } = call;
    checkRate(options.sensors, options.rate);
    const platform = await call.platform();
    const stop = new AbortController();
    const release = context.onInterrupt(() => (stop.signal.aborted ? context.exitNow(130) : stop.abort()));
    let sensors: readonly Sensor[] = [];
    try {
      const before = await platform.client.task(options.task);
      const ledgers = await openAccounts(platform.client, before.topic ?? '');
      if (before.state !== 'started') {
        throw new CommandFailed(
          `Task ${options.task} is ${before.state}. Start it with "causeway task start ${options.task}".`,
        );
      }
      sensors = await fleet(call, platform);
      const traffic = await send(call, sensors, stop.signal);
      const settlement = await account(call, platform, { before, traffic, stop: stop.signal });
      const latency = await latencySince(platform.client, {
        task: options.task,
        since: traffic.startedAt,
        onUnknown: output.message,
      });
      const accounts = await settleAccounts(call, platform, { ledgers, traffic, stop: stop.signal });
      report(call, traffic, settlement, accounts, latency);
      const isMissing = settlement.written < traffic.acknowledged || accounts.some(({ inFlight }) => inFlight !== 0);

      return isMissing || stop.signal.aborted ? EXIT.failed : EXIT.ok;
    } finally {
      release();
      await Promise.all(sensors.map((sensor) => sensor.close()));
    }
  },
});

function checkRate(sensors: number, rate: number): void {
  if (rate / sensors > MAX_PER_SENSOR) {
    const needed = Math.ceil(rate / MAX_PER_SENSOR);
    throw new UsageError(
      `${rate} messages/s of ${sensors} sensors is more than ${MAX_PER_SENSOR} messages/s a connection; allowed: at least ${needed} sensors for this rate (--sensors ${needed}).`,
    );
  }
}

async function fleet({ options, output }: Call<Options>, platform: Platform): Promise<Sensor[]> {
  const { product } = options;
  const registering = createProgress(output, 'registering', options.sensors, '{value}/{total} devices');
  const credentials = await recruit(platform, {
    product,
    count: options.sensors,
    onRegistered: (registered) => registering.update(registered, {}),
  }).finally(() => registering.stop());

  const broker = await brokerOf(platform, options.tls === true);
  output.message(`${credentials.length} sensors of ${product} connect to ${broker.url}`);
  const connected: Sensor[] = [];
  try {
    await inParallel(credentials, LOGINS, async (login) => connected.push(await Sensor.connect(broker, login)));
  } catch (error) {
    await Promise.all(connected.map((sensor) => sensor.close()));
    throw error;
  }
  return connected;
}

async function send(
  { options, output }: Call<Options>,
  sensors: readonly Sensor[],
  stop: AbortSignal,
): Promise<Traffic> {
  const schedule = { sensors: sensors.length, rate: options.rate, seconds: options.duration };
  const words = '{value}/{total} sent, {acknowledged} acknowledged';
  const progress = createProgress(output, 'sending', totalMessages(schedule), words);

  return runTraffic({
    ...{ schedule, sensors, stop },
    graceMs: options.settle * 1000,
    onProgress: ({ sent, acknowledged }) => progress.update(sent, { acknowledged }),
  }).finally(() => progress.stop());
}

async function account(
  { options, output }: Call<Options>,
  { client }: Platform,
  { before, traffic, stop }: { before: Parameters<typeof settle>[1]['before']; traffic: Traffic; stop: AbortSignal },
): Promise<Settlement> {
  const { acknowledged } = traffic;
  const progress = createProgress(output, 'writing', acknowledged, '{value}/{total} written');

  return settle(client, {
    ...{ task: options.task, before, acknowledged, stop },
    limitMs: options.settle * 1000,
    pollMs: POLL_MS,
    onProgress: ({ written }) => progress.update(Math.min(written, acknowledged), {}),
  }).finally(() => progress.stop());
}

/** The topic's other tasks have as long as the first one had. */
async function settleAccounts(
  { options }: Call<Options>,
  { client }: Platform,
  { ledgers, traffic, stop }: { ledgers: Ledgers; traffic: Traffic; stop: AbortSignal },
): Promise<readonly Account[]> {
  const end = Date.now() + options.settle * 1000;
  for (;;) {
    const accounts = await closeAccounts(client, ledgers, traffic.acknowledged);
    if (accounts.every(({ inFlight }) => inFlight === 0) || Date.now() >= end || stop.aborted) {
      return accounts;
    }
    await sleep(POLL_MS);
  }
}

function report(
  { options, output }: Call<Options>,
  traffic: Traffic,
  settlement: Settlement,
  accounts: readonly Account[],
  latency?: Latency,
): void {
  const { sent, acknowledged } = traffic;
  const { sensors, rate, duration, product, task } = options;

  output.result(
    {
      sensors,
      rate,
      duration,
      product,
      task,
      sent,
      acknowledged,
      ...settlement,
      latency: latency ?? null,
      ledger: accounts,
    },
    () => {
      const summary = output.table(
        ['sent', 'acknowledged', 'written', 'quarantined', 'in flight', 'p50', 'p95', 'p99'],
        [
          [
            ...[sent, acknowledged, settlement.written, settlement.quarantined, settlement.inFlight].map(countText),
            ...[latency?.p50, latency?.p95, latency?.p99].map(millisecondsText),
          ],
        ],
      );
      const ledger = output.table(
        ['task', 'accepted', 'written', 'quarantined', 'in flight'],
        accounts.map(({ task: name, accepted, written, quarantined, inFlight }) => [
          name,
          ...[accepted, written, quarantined, inFlight].map((count) => (count === null ? null : countText(count))),
        ]),
      );

      return accounts.length === 0 ? summary : `${summary}\n\n${ledger}`;
    },
  );
  for (const { task: other, inFlight } of accounts.filter(({ inFlight: waiting }) => waiting !== 0)) {
    output.message(
      inFlight === null
        ? `The ledger of ${other} cannot be read: nobody knows what became of the messages.`
        : `${countText(inFlight)} messages are neither written nor quarantined by ${other}.`,
    );
  }
  const missing = acknowledged - settlement.written;
  if (missing > 0) {
    output.message(
      `${countText(missing)} acknowledged messages are not in the table of ${task} after ${options.settle} s; see "causeway task show ${task}".`,
    );
  }
}

async function brokerOf({ local, client }: Platform, tls: boolean): Promise<Broker> {
  if (local === undefined) {
    const { mqtt } = await client.instance();

    return { url: `mqtts://${mqtt.host}:${mqtt.port}`, ...(mqtt.port === 443 ? { alpn: ['mqtt'] } : {}) };
  }
  return tls ? { url: local.mqtts.url, ca: readFileSync(local.mqtts.ca) } : { url: local.mqtt.url };
}
