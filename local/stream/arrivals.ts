import { join } from 'node:path';
import { type StateFile, stateFile } from '../state-file.ts';

/** What came in during one minute: records, and the bytes that count against a shard's limits. */
export interface Arrivals {
  readonly records: number;
  readonly bytes: number;
}

/** By the beginning of the minute, in milliseconds since the epoch. */
export type ArrivalMinutes = ReadonlyMap<number, Arrivals>;

const MINUTE = 60_000;
/** As long as CloudWatch keeps minutes. */
const KEPT = 15 * 24 * 60 * MINUTE;

interface Saved {
  readonly minutes: Readonly<Record<string, readonly [records: number, bytes: number]>>;
  /** Shard index → records before this counter are in `minutes`, whether or not their files are gone. */
  readonly through: Readonly<Record<string, number>>;
}

export function addArrival(minutes: Map<number, Arrivals>, arrived: number, bytes: number): void {
  mergeArrivals(minutes, Math.floor(arrived / MINUTE) * MINUTE, { records: 1, bytes });
}

export function mergeArrivals(minutes: Map<number, Arrivals>, minute: number, { records, bytes }: Arrivals): void {
  const before = minutes.get(minute);
  minutes.set(minute, { records: (before?.records ?? 0) + records, bytes: (before?.bytes ?? 0) + bytes });
}

/** What came in with the records that retention has dropped: counted before their files go, so that nothing is counted twice or not at all. */
export class DroppedArrivals {
  readonly #file: StateFile<Saved>;
  readonly #now: () => number;
  #saved: Saved;

  constructor(directory: string, now: () => number) {
    this.#file = stateFile<Saved>(join(directory, 'arrivals.json'), { minutes: {}, through: {} });
    this.#now = now;
    this.#saved = this.#file.read();
  }

  /** Of this shard, records before this counter are counted here. */
  through(shard: number): number {
    return this.#saved.through[shard] ?? 0;
  }

  addTo(minutes: Map<number, Arrivals>): void {
    for (const [minute, [records, bytes]] of Object.entries(this.#saved.minutes)) {
      mergeArrivals(minutes, Number(minute), { records, bytes });
    }
  }

  /** Resolves when it is on disk that they are counted here. */
  async count(shard: number, dropped: ArrivalMinutes, through: number): Promise<void> {
    const minutes = new Map<number, Arrivals>();
    this.addTo(minutes);
    for (const [minute, arrivals] of dropped) mergeArrivals(minutes, minute, arrivals);
    const kept = [...minutes].filter(([minute]) => minute >= this.#now() - KEPT);
    const saved: Saved = {
      minutes: Object.fromEntries(kept.map(([minute, { records, bytes }]) => [minute, [records, bytes] as const])),
      through: { ...this.#saved.through, [shard]: through },
    };
    await this.#file.write(saved);
    this.#saved = saved;
  }
}
