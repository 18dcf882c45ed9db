import { setTimeout as sleep } from 'node:timers/promises';
import Table from 'cli-table3';
import type { DeviceCredentials } from '../../cli/management-client.ts';
import { recruit } from '../../cli/simulation/fleet.ts';
import { runFuzzClient } from './fuzz-client.ts';
import { judgeMessages, type Verdict } from './judge.ts';
import type { Lot } from './lot.ts';
import { mutatedPayload } from './mutate-payload.ts';
import { gate, Publisher } from './publisher.ts';
import { seededRandom } from './random.ts';
import type { RunOptions } from './suite.ts';
import { runTraffic } from './traffic.ts';

const PACKETS = 10_000;
const PAYLOADS = 10_000;
/** Devices of each sort: those that send packets, those that send payloads, and good ones. */
const EACH = 20;
/** Messages a second of a device that sends mutated payloads; 100 is what AWS takes. */
const PAYLOAD_RATE = 25;
/** Of the good ones together. */
const RATE = 50;
const LIMIT_MS = 1_800_000;
const LOGINS = 25;
/** MiB by which the runtime may grow; it collects its garbage late. Two runs after one another leave a heap of the same size. */
const GROWTH_MB = 400;

export interface FuzzReport extends Omit<Verdict, 'quarantined'> {
  readonly seed: number;
  readonly packets: number;
  /** Each was cut off, and came back. */
  readonly connections: number;
  readonly payloads: number;
  /** Of everything that was published, mutated or not, since the run began. */
  readonly ledger: Readonly<Record<'accepted' | 'written' | 'quarantined' | 'inFlight' | 'lost' | 'doubled', number>>;
  readonly memoryMb: { readonly before: number; readonly after: number };
  readonly seconds: number;
}

/** Devices that send what is no MQTT, and others what is no JSON: the runtime goes on, and no good message is lost. */
export async function runFuzz(lot: Lot, { seed, onProgress = () => undefined }: RunOptions): Promise<FuzzReport> {
  const tag = `t${seed.toString(36)}x${Date.now().toString(36)}`;
  const random = seededRandom(seed);
  const credentials = await recruit(lot.management, {
    ...{ product: 'ParkingSensor', count: 3 * EACH },
    onRegistered: (done) => onProgress('connecting', done, 3 * EACH),
  });
  const logIn = gate(LOGINS);
  const publishers = credentials
    .slice(0, 2 * EACH)
    .map((one) => new Publisher(lot.broker, one, { logIn, random: Math.random }));
  const [good, odd] = [publishers.slice(0, EACH), publishers.slice(EACH)];
  try {
    await Promise.all(publishers.map((publisher) => publisher.connect()));
    const { pid } = lot;
    const before = await lot.counts();
    const memoryBefore = lot.memoryMb();
    const started = performance.now();
    const over = new AbortController();
    const tally = { packets: 0, connections: 0 };
    let payloads = 0;
    const report = () => onProgress('sending', tally.packets + payloads, PACKETS + PAYLOADS);
    const traffic = runTraffic({
      ...{ publishers: good, tag, rate: RATE, malformed: 0, random: seededRandom(seed + 1) },
      ...{ perDevice: Number.MAX_SAFE_INTEGER, limitMs: LIMIT_MS, stop: over.signal, onProgress: report },
    });
    await Promise.all([
      ...credentials
        .slice(2 * EACH)
        .map((sender) => runFuzzClient(lot.mqttPort, sender, { packets: PACKETS / EACH, random, tally })),
      ...odd.map(async (publisher) => {
        const acknowledged = await sendPayloads(publisher, random);
        payloads += acknowledged;
      }),
    ]);
    over.abort();
    const journal = await traffic;
    const end = performance.now() + 30_000;
    while (publishers.some(({ open }) => open > 0) && performance.now() < end) await sleep(50);
    const seconds = (performance.now() - started) / 1000;

    const acknowledged = publishers.reduce((sum, publisher) => sum + publisher.acknowledged, 0);
    await lot.settle(before, acknowledged, LIMIT_MS, (done) => onProgress('settling', done, acknowledged));
    const evidence = await lot.evidence(tag, before);
    const verdict = judgeMessages(journal, evidence);
    const ledger = { ...evidence.ledger };
    const memoryMb = { before: memoryBefore, after: lot.memoryMb() };

    return {
      ...verdict,
      ...{ seed, ...tally, payloads, ledger, memoryMb, seconds },
      findings: [
        ...verdict.findings,
        ...(lot.pid === pid ? [] : ['the runtime is another process']),
        ...(publishers.every(({ reconnections }) => reconnections === 0)
          ? []
          : ['a device that did nothing wrong was cut off']),
        ...(verdict.unknown === 0 ? [] : [`${verdict.unknown} good messages were not acknowledged`]),
        ...(payloads === PAYLOADS ? [] : [`${payloads} of ${PAYLOADS} mutated payloads were acknowledged`]),
        ...ledgerFindings(ledger, acknowledged),
        ...(memoryMb.after - memoryBefore <= GROWTH_MB ? [] : [`the runtime grew by more than ${GROWTH_MB} MiB`]),
      ],
    };
  } finally {
    await Promise.all(publishers.map((publisher) => publisher.close()));
  }
}

/** Answers how many were acknowledged: bytes that are no JSON are a message like others. */
async function sendPayloads(publisher: Publisher, random: () => number): Promise<number> {
  const { device } = publisher.credentials as DeviceCredentials;
  const outcomes: Promise<boolean>[] = [];
  for (let sent = 0; sent < PAYLOADS / EACH; sent += 1) {
    outcomes.push(publisher.publishBytes(mutatedPayload(`odd-${device}`, random)));
    await sleep(1000 / PAYLOAD_RATE);
  }

  return (await Promise.all(outcomes)).filter(Boolean).length;
}

/** Mutated packets may be good publishes, so more is accepted than was acknowledged to the others. */
function ledgerFindings(
  { accepted, written, quarantined, inFlight, lost, doubled }: FuzzReport['ledger'],
  acknowledged: number,
): string[] {
  const closed = accepted === written + quarantined && inFlight + lost + doubled === 0 && accepted >= acknowledged;

  return closed
    ? []
    : [
        `accepted ${accepted}, written ${written}, quarantined ${quarantined}, in flight ${inFlight}, lost ${lost}, doubled ${doubled}; acknowledged were ${acknowledged}`,
      ];
}

export function fuzzTable({
  packets,
  connections,
  payloads,
  acknowledged,
  ledger,
  memoryMb,
  seconds,
}: FuzzReport): string {
  const table = new Table({ style: { head: [], border: [], compact: true }, colAligns: ['left', 'right'] });
  table.push(
    ['mutated packets', packets],
    ['connections they came on', connections],
    ['mutated payloads', payloads],
    ['good messages meanwhile, all there', acknowledged],
    ['accepted in all', ledger.accepted],
    ['written', ledger.written],
    ['quarantined', ledger.quarantined],
    ['runtime before, MiB', Math.round(memoryMb.before)],
    ['runtime after, MiB', Math.round(memoryMb.after)],
    ['seconds', Math.round(seconds)],
  );

  return table.toString();
}
