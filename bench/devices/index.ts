import { setTimeout as sleep } from 'node:timers/promises';
import Table from 'cli-table3';
import { synthesize } from '../../bin/synthesize.ts';
import {
  eventually,
  type Platform,
  removeFolder,
  startPlatform,
  temporaryFolder,
} from '../../test/acceptance/platform.ts';
import type { Bench } from '../bench.ts';
import { logInFleet, registerFleet } from './fleet.ts';
import { processorSeconds, residentMb } from './processes.ts';

const DEVICES = 2000;
const PRODUCT = 'ParkingSensor';
/** What is promised of 2 cores. */
const WITHIN_SECONDS = 60;
/** Events of connections are recorded after the log-ins, by and by. */
const PRESENCE_MS = 300_000;
/** Until what the log-ins left behind is collected. */
const SETTLE_MS = 5000;

export interface DevicesReport {
  readonly devices: number;
  readonly registrationSeconds: number;
  /** From the first CONNECT to the last CONNACK, all at once. */
  readonly loginSeconds: number;
  readonly loginsPerSecond: number;
  /** Seconds until half of them, and 95 of 100, were in. */
  readonly loginP50Seconds: number;
  readonly loginP95Seconds: number;
  /** Attempts that were refused or timed out; the device came again. */
  readonly failedAttempts: number;
  /** Of the platform and its functions while they logged in, the clients' own work not counted: what a busy machine does not distort. */
  readonly processorMsPerLogin: number;
  /** Until all of them were shown as online, from the first CONNECT. */
  readonly onlineSeconds: number;
  /** Of the platform's process, functions and database not counted. */
  readonly idleMb: number;
  readonly connectedMb: number;
  readonly kbPerConnection: number;
}

/** Devices that come all at once, as after a power cut: how long the last of them waits, and what one connection costs. */
export const devices: Bench<DevicesReport> = {
  summary: `${DEVICES} devices log in at the same moment, over MQTT, each with its own password`,
  async run(progress) {
    progress('starting the parking lot');
    // Synthesized here: what that leaves behind in memory is none of the platform's, and would hide what connections take.
    const assembly = await synthesize('parking', temporaryFolder());
    const platform = await startPlatform({ assembly });
    try {
      return await measure(platform, progress);
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
      ['registered in, s', report.registrationSeconds],
      [`all logged in after, s (≤ ${WITHIN_SECONDS})`, report.loginSeconds],
      ['log-ins per second', report.loginsPerSecond],
      ['half of them after, s', report.loginP50Seconds],
      ['95 of 100 after, s', report.loginP95Seconds],
      ['attempts that failed', report.failedAttempts],
      ['processor per log-in, ms', report.processorMsPerLogin],
      ['all shown as online after, s', report.onlineSeconds],
      ['platform idle, MB', report.idleMb],
      ['platform with all connected, MB', report.connectedMb],
      ['memory per connection, kB', report.kbPerConnection],
    );

    return table.toString();
  },
  fault: ({ loginSeconds, failedAttempts }) =>
    loginSeconds <= WITHIN_SECONDS && failedAttempts === 0
      ? undefined
      : `${loginSeconds} s and ${failedAttempts} failed attempts; allowed: ${WITHIN_SECONDS} s and none.`,
};

async function measure(platform: Platform, progress: (message: string) => void): Promise<DevicesReport> {
  progress(`registering ${DEVICES} devices`);
  const began = performance.now();
  const fleet = await registerFleet(platform.file, PRODUCT, DEVICES);
  const registrationSeconds = seconds(performance.now() - began);
  await sleep(SETTLE_MS);
  const idleMb = residentMb(platform.pid);

  progress(`${DEVICES} devices connect at once`);
  const from = performance.now();
  const processorBefore = processorSeconds(platform.pid);
  const { clients, ms, failedAttempts } = await logInFleet(platform.file, fleet);
  const loginSeconds = seconds(performance.now() - from);
  const processor = processorSeconds(platform.pid) - processorBefore;
  progress(`all in after ${loginSeconds} s; waiting until all are shown as online`);
  await eventually(
    () => onlineCount(platform),
    (count) => count >= DEVICES,
    PRESENCE_MS,
  );
  const onlineSeconds = seconds(performance.now() - from);
  await sleep(SETTLE_MS);
  const connectedMb = residentMb(platform.pid);
  for (const client of clients) client.end(true);

  return {
    devices: DEVICES,
    registrationSeconds,
    loginSeconds,
    loginsPerSecond: Math.round(DEVICES / loginSeconds),
    loginP50Seconds: seconds(ms[Math.floor(ms.length * 0.5)] ?? 0),
    loginP95Seconds: seconds(ms[Math.floor(ms.length * 0.95)] ?? 0),
    failedAttempts,
    processorMsPerLogin: Math.round((processor * 10_000) / DEVICES) / 10,
    onlineSeconds,
    idleMb: Math.round(idleMb),
    connectedMb: Math.round(connectedMb),
    kbPerConnection: Math.round(((connectedMb - idleMb) * 1024) / DEVICES),
  };
}

async function onlineCount({ file: { management } }: Platform): Promise<number> {
  let online = 0;
  let next: string | undefined;
  do {
    const query = new URLSearchParams({ product: PRODUCT, limit: '200', ...(next === undefined ? {} : { next }) });
    const answer = await fetch(`${management.url}/devices?${query}`, {
      headers: { Authorization: `Bearer ${management.token}` },
    });
    const page = (await answer.json()) as { items: { presence: { state: string } }[]; next?: string };
    online += page.items.filter(({ presence }) => presence.state === 'online').length;
    next = page.next;
  } while (next !== undefined);

  return online;
}

function seconds(ms: number): number {
  return Math.round(ms / 100) / 10;
}
