import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Presets, SingleBar } from 'cli-progress';
import Table from 'cli-table3';
import { synthesize } from '../../bin/synthesize.ts';
import { parseCsv } from '../../cli/devices/csv.ts';
import {
  causeway,
  type DeviceLogin,
  type Platform,
  removeFolder,
  startPlatform,
  temporaryFolder,
} from '../../test/acceptance/platform.ts';
import type { Bench } from '../bench.ts';
import { processorSeconds, residentMb } from '../devices/processes.ts';
import { RawDevice } from './raw-device.ts';

const DEVICES = 5000;
const PRODUCT = 'ParkingSensor';
const RATE = 100;
/** Until what the log-ins left behind is collected. */
const SETTLE_MS = 10_000;
/** Each then sends one message: 5,000 at once are what a second of AWS IoT takes, and more than a shard does. */
const MESSAGES_PER_SECOND = 250;
/**
 * Resident memory, with what the log-ins left and V8 has not collected yet: 30 to 40 kB where nothing else runs, 68 on a busy machine. Of the heap,
 * 12 kB are the connection's own after a collection.
 */
const MAX_KB = 80;

export interface ConnectionsReport {
  readonly devices: number;
  readonly registrationSeconds: number;
  readonly loginSeconds: number;
  readonly processorMsPerLogin: number;
  readonly refused: number;
  /** Cut off meanwhile, of those that were in. */
  readonly lost: number;
  /** Each sends one message while all are connected. */
  readonly acknowledged: number;
  readonly slowestPubackMs: number;
  /** Of the platform's process: before, with all connected and subscribed, after each has sent. */
  readonly idleMb: number;
  readonly connectedMb: number;
  readonly afterMessagesMb: number;
  readonly kbPerConnection: number;
}

/** Many devices connected at the same time: what a connection costs in memory, and that all of them are served. */
export const connections: Bench<ConnectionsReport> = {
  summary: `${DEVICES} devices connected at once: memory of a connection`,
  async run(progress) {
    progress('starting the parking lot');
    const assembly = await synthesize('parking', temporaryFolder());
    const platform = await startPlatform({ assembly });
    try {
      progress(`registering ${DEVICES} devices, ${RATE} a second at most`);
      const from = performance.now();
      const logins = await registered(platform);
      const registrationSeconds = seconds(performance.now() - from);

      return { ...(await connectAll(platform, logins, progress)), registrationSeconds };
    } finally {
      await platform.stop();
      removeFolder(platform.state);
      removeFolder(assembly);
    }
  },
  table(report) {
    const table = new Table({ style: { head: [], border: [], compact: true }, colAligns: ['left', 'right'] });
    table.push(
      ['devices', report.devices],
      ['registered in one job, s', report.registrationSeconds],
      ['all logged in after, s', report.loginSeconds],
      ['processor per log-in, ms', report.processorMsPerLogin],
      ['refused', report.refused],
      ['lost', report.lost],
      ['messages acknowledged, one each', report.acknowledged],
      ['slowest acknowledgement, ms', report.slowestPubackMs],
      ['platform idle, MB', report.idleMb],
      ['with all connected, MB', report.connectedMb],
      ['after the messages, MB', report.afterMessagesMb],
      [`memory per connection, kB (≤ ${MAX_KB})`, report.kbPerConnection],
    );

    return table.toString();
  },
  fault({ devices, refused, lost, acknowledged, kbPerConnection }) {
    if (refused + lost > 0 || acknowledged < devices) {
      return `${refused} refused, ${lost} lost, ${acknowledged} of ${devices} messages acknowledged.`;
    }

    return kbPerConnection <= MAX_KB ? undefined : `${kbPerConnection} kB a connection; allowed: ${MAX_KB} kB.`;
  },
};

/** One job of the CLI; the passwords are in its file of results. */
async function registered(platform: Platform): Promise<DeviceLogin[]> {
  const file = join(platform.state, 'fleet.csv');
  writeFileSync(file, `device\n${Array.from({ length: DEVICES }, (_, i) => `C-${i}`).join('\n')}\n`);
  await causeway(
    ...['device', 'register', '--product', PRODUCT, '--file', file, '--rate', String(RATE)],
    ...['--state', platform.state],
  );

  return resultsIn(join(platform.state, 'fleet.results.csv'));
}

/** Who was registered, of a job's results. */
export function resultsIn(file: string): DeviceLogin[] {
  const [heading = [], ...rows] = parseCsv(readFileSync(file, 'utf8')).map(({ cells }) => cells);
  const cell = (row: readonly string[], name: string) => row[heading.indexOf(name)] ?? '';

  return rows
    .filter((row) => cell(row, 'outcome') === 'registered')
    .map((row) => ({
      ...{ product: PRODUCT, device: cell(row, 'device'), clientId: cell(row, 'clientId') },
      ...{ username: cell(row, 'username'), password: cell(row, 'password') },
      ...{ publish: cell(row, 'publish'), subscribe: cell(row, 'subscribe') },
    }));
}

export async function connectAll(
  { pid, file }: Platform,
  logins: readonly DeviceLogin[],
  progress: (message: string) => void,
): Promise<Omit<ConnectionsReport, 'registrationSeconds'>> {
  await sleep(SETTLE_MS);
  const idleMb = residentMb(pid);
  const processorBefore = processorSeconds(pid);
  progress(`${logins.length} devices connect at the same moment; each log-in is a password hash`);
  const began = performance.now();
  const port = Number(new URL(file.mqtt.url).port);
  const bar = progressBar(logins.length);
  const devices = logins.map((login) => new RawDevice(port, login));
  let refused = 0;
  await Promise.all(
    devices.map(async (device) => {
      if (await device.connect().catch(() => false)) await device.subscribe();
      else refused += 1;
      bar.increment();
    }),
  );
  bar.stop();
  const loginSeconds = seconds(performance.now() - began);
  const processor = processorSeconds(pid) - processorBefore;
  await sleep(SETTLE_MS);
  const connectedMb = residentMb(pid);

  progress('each sends one message');
  const times = await sendOneEach(devices, logins);
  await sleep(SETTLE_MS);
  const lost = devices.filter((device) => device.lost).length - refused;
  const afterMessagesMb = residentMb(pid);
  for (const device of devices) device.close();

  return {
    ...{ devices: logins.length, loginSeconds, refused, lost },
    processorMsPerLogin: Math.round((processor * 10_000) / logins.length) / 10,
    acknowledged: times.length,
    slowestPubackMs: Math.round(Math.max(...times)),
    idleMb: Math.round(idleMb),
    connectedMb: Math.round(connectedMb),
    afterMessagesMb: Math.round(afterMessagesMb),
    kbPerConnection: Math.round(((connectedMb - idleMb) * 1024) / logins.length),
  };
}

/** Milliseconds to each acknowledgement. */
async function sendOneEach(devices: readonly RawDevice[], logins: readonly DeviceLogin[]): Promise<number[]> {
  const times: number[] = [];
  const sending: Promise<void>[] = [];
  for (const [i, device] of devices.entries()) {
    const handed = performance.now();
    const payload = JSON.stringify({ deviceId: logins[i]?.device, status: '1' });
    sending.push(
      device.publish(payload).then(
        () => void times.push(performance.now() - handed),
        () => undefined,
      ),
    );
    if (i % MESSAGES_PER_SECOND === MESSAGES_PER_SECOND - 1) await sleep(1000);
  }
  await Promise.all(sending);

  return times;
}

/** A bar where someone watches. */
function progressBar(total: number): { increment(): void; stop(): void } {
  if (!process.stderr.isTTY) return { increment() {}, stop() {} };
  const bar = new SingleBar({ format: 'logged in {bar} {value}/{total}', stream: process.stderr }, Presets.rect);
  bar.start(total, 0);

  return { increment: () => bar.increment(), stop: () => bar.stop() };
}

function seconds(ms: number): number {
  return Math.round(ms / 100) / 10;
}
