import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { recruit } from '../../cli/simulation/fleet.ts';
import { judge, type Verdict } from './judge.ts';
import type { Lot } from './lot.ts';
import { MALFORMED } from './message.ts';
import { gate, Publisher } from './publisher.ts';
import { seededRandom } from './random.ts';
import {
  databaseFreeze,
  databaseOutage,
  killDatabase,
  killFunctions,
  killRuntime,
  noHarm,
  redeploy,
  type Saboteur,
  together,
} from './saboteur.ts';
import { runTraffic } from './traffic.ts';

/** One fault, and the traffic that has to survive it. */
export interface Suite {
  readonly summary: string;
  readonly devices: number;
  readonly messages: number;
  /** Messages a second. */
  readonly rate: number;
  /** The part that is malformed, 0 to 1. */
  readonly malformed: number;
  readonly saboteur: Saboteur;
  /** Nothing that dies: no batch is halved. */
  readonly calm?: boolean;
  /** For sending, and again for writing what was sent. */
  readonly limitSeconds: number;
}

/** The parking lot with enhanced fan-out. */
const FAN_OUT_LOT = join(import.meta.dirname, '../../bench/latency/fan-out-lot.ts');

const FULL = { devices: 200, messages: 20_000, rate: 500, malformed: 0, limitSeconds: 600 };
const TEN_MINUTES = { ...FULL, messages: 36_000, rate: 50, limitSeconds: 1800, calm: true };

export const SUITES = {
  functions: {
    ...FULL,
    summary: 'every process of every function is killed once a second',
    saboteur: killFunctions,
  },
  database: { ...FULL, summary: 'MariaDB is killed three times', saboteur: killDatabase(3) },
  runtime: {
    ...FULL,
    summary: 'the whole runtime is killed and started again five times',
    saboteur: killRuntime(5),
  },
  malformed: { ...FULL, malformed: 0.01, summary: '1 % of the messages are malformed', saboteur: noHarm },
  fanout: {
    ...FULL,
    ...{ devices: 50, messages: 12_000, rate: 100 },
    summary: 'tasks are given enhanced fan-out and deprived of it twice, by deployments',
    saboteur: redeploy(FAN_OUT_LOT, 4),
  },
  outage: {
    ...TEN_MINUTES,
    summary: 'the database is down for ten minutes',
    saboteur: databaseOutage(600),
  },
  freeze: {
    ...TEN_MINUTES,
    summary: 'the database hangs for ten minutes',
    saboteur: databaseFreeze(600),
  },
} as const satisfies Readonly<Record<string, Suite>>;

const SHORT = { devices: 20, malformed: 0, limitSeconds: 240 };

/** The same in seconds, for every day. */
export const SHORT_SUITES = {
  kills: {
    ...SHORT,
    ...{ messages: 2000, rate: 250, malformed: 0.05 },
    summary: 'functions and MariaDB are killed, and 5 % of the messages are malformed',
    saboteur: together(killFunctions, killDatabase(1)),
  },
  outage: {
    ...SHORT,
    ...{ messages: 1200, rate: 50, calm: true },
    summary: 'the database is down for 20 s',
    saboteur: databaseOutage(20),
  },
  runtime: {
    ...SHORT,
    ...{ messages: 1000, rate: 200 },
    summary: 'the runtime is killed twice, once with everything below it',
    saboteur: killRuntime(2),
  },
} as const satisfies Readonly<Record<string, Suite>>;

export interface SuiteReport extends Verdict {
  readonly seed: number;
  readonly harm: Readonly<Record<string, number>>;
  readonly reconnections: number;
  readonly seconds: { readonly sending: number; readonly settling: number };
  /** Malformed messages, by what is wrong with them and by the code they are in the quarantine under. */
  readonly reasons: Readonly<Record<string, Readonly<Record<string, number>>>>;
}

export interface RunOptions {
  readonly seed: number;
  readonly onProgress?: (step: 'connecting' | 'sending' | 'settling', done: number, total: number) => void;
}

const HALVED = 'a batch is halved';
/** Log-ins at a time: each costs the platform a password hash. */
const LOGINS = 25;

/** Sends a suite's messages to a running lot while its saboteur is at work, and judges what the lot has of them. */
export async function runSuite(
  lot: Lot,
  suite: Suite,
  { seed, onProgress = () => undefined }: RunOptions,
): Promise<SuiteReport> {
  const random = seededRandom(seed);
  const tag = `t${seed.toString(36)}x${Date.now().toString(36)}`;
  const { devices, messages, rate, malformed, limitSeconds } = suite;
  const credentials = await recruit(lot.management, {
    ...{ product: 'ParkingSensor', count: devices },
    onRegistered: (registered) => onProgress('connecting', registered, devices),
  });
  const logIn = gate(LOGINS);
  const publishers = credentials.map((one) => new Publisher(lot.broker, one, { logIn, random: Math.random }));
  const over = new AbortController();
  try {
    await Promise.all(
      publishers.map(async (publisher) => {
        await publisher.connect();
        onProgress('connecting', publishers.filter(({ ready }) => ready).length, devices);
      }),
    );
    const before = await lot.counts();
    const failures = new Set(lot.failures());
    const halved = lot.deliveries(HALVED);
    const started = performance.now();
    let acknowledged = 0;
    const harm = suite.saboteur({ lot, random, over: over.signal, progress: () => acknowledged / messages });
    harm.catch(() => over.abort()); // thrown below
    const journal = await runTraffic({
      ...{ publishers, tag, rate, malformed, random },
      perDevice: Math.ceil(messages / devices),
      limitMs: limitSeconds * 1000,
      stop: over.signal,
      onProgress(done) {
        acknowledged = done;
        onProgress('sending', done, messages);
      },
    });
    over.abort();
    const done = await harm;
    const sent = performance.now();
    await lot.settle(before, acknowledged, limitSeconds * 1000, (written) =>
      onProgress('settling', written, acknowledged),
    );
    const evidence = await lot.evidence(tag, before);
    const verdict = judge(journal, evidence);
    const codes = new Map(evidence.quarantine.map(({ id, code }) => [id, code]));
    const bad = journal.filter(({ kind }) => (MALFORMED as readonly string[]).includes(kind));

    return {
      seed,
      ...verdict,
      findings: [
        ...verdict.findings,
        ...short('messages were acknowledged', verdict.acknowledged, Math.ceil(messages / devices) * devices),
        ...lot.failures().flatMap((file) => (failures.has(file) ? [] : [`in a failure store: ${failureIn(file)}`])),
        ...extra('batches were halved', suite.calm === true ? lot.deliveries(HALVED) - halved : 0),
      ],
      harm: done,
      reconnections: publishers.reduce((sum, { reconnections }) => sum + reconnections, 0),
      seconds: { sending: (sent - started) / 1000, settling: (performance.now() - sent) / 1000 },
      reasons: countReasons(bad.map(({ id, kind }) => [kind, codes.get(id) ?? 'none'])),
    };
  } finally {
    over.abort();
    await Promise.all(publishers.map((publisher) => publisher.close()));
  }
}

/** What an object of a failure store says of itself. */
function failureIn(file: string): string {
  return readFileSync(file, 'utf8').slice(0, 600);
}

function short(what: string, found: number, wanted: number): string[] {
  return found >= wanted ? [] : [`only ${found} of ${wanted} ${what}`];
}

function extra(what: string, found: number): string[] {
  return found === 0 ? [] : [`${found} ${what}`];
}

function countReasons(pairs: readonly (readonly [kind: string, code: string])[]): SuiteReport['reasons'] {
  const counts: Record<string, Record<string, number>> = {};
  for (const [kind, code] of pairs) {
    counts[kind] ??= {};
    counts[kind][code] = (counts[kind][code] ?? 0) + 1;
  }

  return counts;
}
