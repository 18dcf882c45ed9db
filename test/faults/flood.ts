import Table from 'cli-table3';
import { recruit } from '../../cli/simulation/fleet.ts';
import { runFlooder } from './flooder.ts';
import { judge } from './judge.ts';
import type { Lot } from './lot.ts';
import type { Sent } from './message.ts';
import { gate, Publisher } from './publisher.ts';
import { seededRandom } from './random.ts';
import type { RunOptions } from './suite.ts';
import { runTraffic } from './traffic.ts';

const OTHERS = 50;
/** Messages a second: of the others together, and of the one. */
const RATE = 100;
const FLOOD_RATE = 1000;
const QUIET_SECONDS = 20;
const FLOOD_SECONDS = 30;
/** AWS IoT takes so many of a connection in a second of its clock, so one more second's worth at the edges. */
const TAKEN_PER_SECOND = 100;
/** By so much the others may be slower at most, milliseconds. */
const DELAY_MS = 2000;
/** Alarms are looked at every five seconds, over whole minutes. */
const ALARM_MS = 150_000;
const LOGINS = 25;

/** Milliseconds. */
interface Times {
  readonly p50: number;
  readonly p95: number;
  readonly max: number;
}

interface Phase {
  readonly messages: number;
  /** From a publish to its acknowledgement. */
  readonly acknowledged: Times;
  /** From the broker to the row. */
  readonly written: Times;
}

export interface FloodReport {
  readonly seed: number;
  readonly flood: {
    readonly sent: number;
    readonly acknowledged: number;
    /** As the platform counts them, `PublishIn.Throttle`. */
    readonly discarded: number;
    readonly written: number;
  };
  readonly quiet: Phase;
  readonly flooded: Phase;
  /** Seconds until the alarm rang. */
  readonly alarmSeconds: number | undefined;
  readonly findings: readonly string[];
}

/** One device sends ten times what it may: it gets what AWS gives, and the others notice nothing. */
export async function runFlood(lot: Lot, { seed, onProgress = () => undefined }: RunOptions): Promise<FloodReport> {
  const random = seededRandom(seed);
  const tag = `t${seed.toString(36)}x${Date.now().toString(36)}`;
  const credentials = await recruit(lot.management, {
    ...{ product: 'ParkingSensor', count: OTHERS + 1 },
    onRegistered: (done) => onProgress('connecting', done, OTHERS + 1),
  });
  const flooder = credentials[OTHERS] as (typeof credentials)[number];
  const logIn = gate(LOGINS);
  const publishers = credentials
    .slice(0, OTHERS)
    .map((one) => new Publisher(lot.broker, one, { logIn, random: Math.random }));
  try {
    await Promise.all(publishers.map((publisher) => publisher.connect()));
    const phase = async (name: string, seconds: number, harm: Promise<Sent[]>) => {
      const before = await lot.counts();
      for (const publisher of publishers) publisher.acknowledged = 0;
      const messages = RATE * seconds;
      const others = await runTraffic({
        ...{ publishers, tag: name, rate: RATE, malformed: 0, random, perDevice: messages / OTHERS },
        limitMs: seconds * 3000,
        stop: new AbortController().signal,
        onProgress: (done) => onProgress('sending', done, messages),
      });
      const flooding = await harm;
      const all = [...others, ...flooding];
      const accepted = all.filter(({ outcome }) => outcome === 'acknowledged').length;
      await lot.settle(before, accepted, 120_000, (done) => onProgress('settling', done, accepted));
      const verdict = judge(all, await lot.evidence(name, before));
      const delays = { acknowledged: timesOf(others.map(({ acknowledgedAfter = Number.NaN }) => acknowledgedAfter)) };
      const written = timesOf(await lot.rowDelays(name, flooder.device));

      return { others, flooding, verdict, phase: { messages: others.length, ...delays, written } satisfies Phase };
    };
    // What is done for the first time takes longer, and would hide what the flood does.
    await phase(`${tag}w`, 5, Promise.resolve([]));
    const quiet = await phase(`${tag}q`, QUIET_SECONDS, Promise.resolve([]));
    const discardedBefore = await lot.throttled();
    const started = Date.now();
    const options = { tag: `${tag}f`, perSecond: FLOOD_RATE, seconds: FLOOD_SECONDS };
    const flooded = await phase(`${tag}f`, FLOOD_SECONDS, runFlooder(lot.mqttPort, flooder, options));
    const acknowledged = flooded.flooding.filter(({ outcome }) => outcome === 'acknowledged').length;
    const flood = {
      sent: flooded.flooding.length,
      acknowledged,
      discarded: (await lot.throttled()) - discardedBefore,
      written: flooded.verdict.written - flooded.others.length,
    };
    const alarmSeconds = await ringing(lot, started);

    return {
      ...{ seed, flood, quiet: quiet.phase, flooded: flooded.phase, alarmSeconds },
      findings: [
        ...quiet.verdict.findings,
        ...flooded.verdict.findings,
        ...floodFindings(flood),
        ...slower('acknowledged', quiet.phase.acknowledged, flooded.phase.acknowledged),
        ...slower('written', quiet.phase.written, flooded.phase.written),
        ...(alarmSeconds === undefined ? ['no alarm rang'] : []),
      ],
    };
  } finally {
    await Promise.all(publishers.map((publisher) => publisher.close()));
  }
}

function floodFindings({ sent, acknowledged, discarded, written }: FloodReport['flood']): string[] {
  const most = TAKEN_PER_SECOND * (FLOOD_SECONDS + 1);

  return [
    ...(sent >= FLOOD_RATE * FLOOD_SECONDS ? [] : [`only ${sent} messages were sent by the one that floods`]),
    ...(acknowledged <= most ? [] : [`${acknowledged} of its messages were acknowledged, more than ${most}`]),
    ...(acknowledged + discarded === sent
      ? []
      : [`${acknowledged} acknowledged and ${discarded} discarded of ${sent}`]),
    ...(written === acknowledged ? [] : [`${written} of its ${acknowledged} acknowledged messages were written`]),
  ];
}

function slower(what: string, quiet: Times, flooded: Times): string[] {
  return flooded.max <= quiet.max + DELAY_MS
    ? []
    : [`others' messages are ${what} ${Math.round(flooded.max - quiet.max)} ms later; allowed: ${DELAY_MS} ms`];
}

async function ringing(lot: Lot, since: number): Promise<number | undefined> {
  while (Date.now() - since < ALARM_MS) {
    const alarms = await lot.management.client.alarms();
    if (alarms.some(({ name, state }) => name.endsWith('Devices/Throttled') && state === 'ALARM')) {
      return Math.round((Date.now() - since) / 1000);
    }
    await new Promise((resolve) => setTimeout(resolve, 1000));
  }

  return undefined;
}

function timesOf(values: readonly number[]): Times {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (part: number) => Math.round(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? 0);

  return { p50: at(0.5), p95: at(0.95), max: at(1) };
}

export function floodTable({ flood, quiet, flooded, alarmSeconds }: FloodReport): string {
  const style = { head: [], border: [], compact: true };
  const table = new Table({ head: ["the others' messages", 'n', 'p50 ms', 'p95 ms', 'max ms'], style });
  for (const [name, { messages, acknowledged, written }] of Object.entries({ quiet, flooded })) {
    for (const [what, { p50, p95, max }] of Object.entries({ acknowledged, written })) {
      table.push([`${name}: ${what}`, messages, p50, p95, max]);
    }
  }
  const { sent, acknowledged, discarded } = flood;

  return [
    `one device sent ${sent} messages in ${FLOOD_SECONDS} s: ${acknowledged} acknowledged, ${discarded} discarded and counted`,
    `the alarm rang after ${alarmSeconds} s`,
    table.toString(),
  ].join('\n');
}
