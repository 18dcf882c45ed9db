import { setTimeout as sleep } from 'node:timers/promises';
import { nextMessage, type Sent } from './message.ts';
import type { Publisher } from './publisher.ts';

export interface TrafficOptions {
  readonly publishers: readonly Publisher[];
  readonly tag: string;
  /** Messages to have acknowledged, of each device. */
  readonly perDevice: number;
  /** Messages a second, of all devices together; time lost is not made up for. */
  readonly rate: number;
  /** The part that is malformed, 0 to 1. */
  readonly malformed: number;
  readonly random: () => number;
  readonly limitMs: number;
  readonly stop: AbortSignal;
  readonly onProgress: (acknowledged: number) => void;
}

const TICK_MS = 5;
/** Of one device; AWS IoT Core takes 100. */
const WINDOW = 20;

/** Sends until every device has its number acknowledged; answers everything that was ever sent. */
export async function runTraffic(options: TrafficOptions): Promise<Sent[]> {
  const { publishers, tag, perDevice, rate, malformed, random, limitMs, stop, onProgress } = options;
  const journal: Sent[] = [];
  const devices = publishers.map((publisher) => ({ publisher, sent: [] as Sent[] }));
  const wanted = ({ publisher: { ready, open, acknowledged } }: (typeof devices)[number]) =>
    ready && open < WINDOW && acknowledged + open < perDevice;
  const started = performance.now();
  let last = started;
  let due = 0;
  let turn = 0;

  for (;;) {
    const acknowledged = publishers.reduce((sum, publisher) => sum + publisher.acknowledged, 0);
    onProgress(acknowledged);
    const now = performance.now();
    if (acknowledged >= perDevice * devices.length || stop.aborted || now - started > limitMs) return journal;
    due = Math.min(due + ((now - last) * rate) / 1000, rate / 10);
    last = now;
    for (let tried = 0; due >= 1 && tried < devices.length; tried += 1, turn += 1) {
      const device = devices[turn % devices.length] as (typeof devices)[number];
      if (!wanted(device)) continue;
      const { publisher, sent } = device;
      const message = nextMessage({ tag, device: publisher.credentials.device, index: sent.length, malformed, random });
      sent.push(message);
      journal.push(message);
      publisher.publish(message);
      due -= 1;
    }
    await sleep(TICK_MS);
  }
}
