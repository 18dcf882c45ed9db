import { join } from 'node:path';
import Table from 'cli-table3';
import { causeway, removeFolder, startPlatform } from '../../test/acceptance/platform.ts';
import type { Bench } from '../bench.ts';
import { type MemoryPeak, peakMemory } from './memory.ts';

/** Milliseconds from the broker's time stamp to the row's, of every message of the run. */
interface Latency {
  readonly count: number;
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
  readonly max: number;
}

interface Measured {
  readonly acknowledged: number;
  readonly written: number;
  readonly latency: Latency;
  readonly memory: MemoryPeak;
}

export interface LatencyReport {
  readonly messagesPerSecond: number;
  readonly seconds: number;
  readonly sensors: number;
  readonly polling: Measured;
  readonly fanOut: Measured;
}

const TRAFFIC = { sensors: 100, messagesPerSecond: 500, seconds: 60 };
/** What is promised of the 95th of 100 messages, milliseconds. */
const P95 = { polling: 2000, fanOut: 1000 };
const FAN_OUT_LOT = join(import.meta.dirname, 'fan-out-lot.ts');
/** No colours and no lines between rows: it is pasted into documents. */
const STYLE = { head: [], border: [], compact: true };

/** From a sensor's message to its row, through the whole platform; and what the whole platform holds in memory meanwhile. */
export const latency: Bench<LatencyReport> = {
  summary: `message to row at ${TRAFFIC.messagesPerSecond} messages/s, polled and with enhanced fan-out; memory of the whole platform`,
  async run(progress) {
    const polling = await measure('polling', progress);
    const fanOut = await measure('enhanced fan-out', progress, FAN_OUT_LOT);

    return { ...TRAFFIC, polling, fanOut };
  },
  table({ polling, fanOut }) {
    const times = new Table({ head: ['', 'p50 ms', 'p95 ms', 'p99 ms', 'max ms', 'messages'], style: STYLE });
    for (const [name, { latency: own, acknowledged }] of [
      ['polling', polling] as const,
      ['enhanced fan-out', fanOut] as const,
    ]) {
      times.push([name, own.p50, own.p95, own.p99, own.max, acknowledged]);
    }
    const names = [...new Set([...polling.memory.processes, ...fanOut.memory.processes].map(({ name }) => name))];
    const memory = new Table({ head: ['at its peak, MB', 'polling', 'enhanced fan-out'], style: STYLE });
    const of = ({ processes }: MemoryPeak, name: string) => processes.find((one) => one.name === name)?.megabytes ?? 0;
    for (const name of names) memory.push([name, of(polling.memory, name), of(fanOut.memory, name)]);
    memory.push(['all processes', polling.memory.megabytes, fanOut.memory.megabytes]);

    return `${times.toString()}\n\n${memory.toString()}`;
  },
  fault({ polling, fanOut }) {
    const slow = [...tooSlow('polling', polling, P95.polling), ...tooSlow('enhanced fan-out', fanOut, P95.fanOut)];

    return slow.length === 0 ? undefined : slow.join('\n');
  },
};

async function measure(name: string, progress: (message: string) => void, integration?: string): Promise<Measured> {
  progress(`${name}: starting the parking lot`);
  const platform = await startPlatform(integration === undefined ? {} : { integration });
  const stop = new AbortController();
  try {
    const simulate = (seconds: number) =>
      causeway(
        ...['simulate', '--sensors', String(TRAFFIC.sensors), '--rate', String(TRAFFIC.messagesPerSecond)],
        ...['--duration', String(seconds), '--settle', '120', '--state', platform.state, '--json'],
      );
    progress(`${name}: registering ${TRAFFIC.sensors} sensors, warming up`);
    await simulate(5);
    progress(`${name}: ${TRAFFIC.messagesPerSecond} messages/s for ${TRAFFIC.seconds} s`);
    const memory = peakMemory(platform.pid, stop.signal);
    const { stdout } = await simulate(TRAFFIC.seconds);
    stop.abort();
    const { acknowledged, written, latency: own } = JSON.parse(stdout) as Omit<Measured, 'memory'>;

    return { acknowledged, written, latency: own, memory: await memory };
  } finally {
    stop.abort();
    await platform.stop();
    removeFolder(platform.state);
  }
}

function tooSlow(name: string, { latency: { p95 }, acknowledged, written }: Measured, limit: number): string[] {
  return [
    ...(p95 <= limit ? [] : [`${name}: 95 of 100 messages within ${p95} ms; allowed: ${limit} ms.`]),
    ...(written >= acknowledged ? [] : [`${name}: ${acknowledged - written} acknowledged messages were not written.`]),
  ];
}
