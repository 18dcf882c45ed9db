import type { Buffer } from 'node:buffer';
import { mkdir } from 'node:fs/promises';
import { type ArrivalMinutes, type Arrivals, mergeArrivals } from './arrivals.ts';
import { encodeRecord, type StoredRecord, sizeOf } from './record-codec.ts';
import { type ReadLimits, Segment } from './segment.ts';

/** A segment is closed at this size or age, so that retention has whole files to drop. */
const SEGMENT_BYTES = 16 << 20;
const SEGMENT_MILLIS = 3_600_000;

export interface NewRecord {
  readonly partitionKey: string;
  readonly data: Buffer;
}

export interface Appended {
  /** Of the first; the others follow without gaps. */
  readonly counter: number;
  readonly arrived: number;
}

interface Waiting {
  readonly buffers: Buffer[];
  resolve(): void;
  reject(error: unknown): void;
}

/**
 * A shard's records on disk. Appends that wait while one is being written share the next write and its fdatasync
 * (group commit); nobody reads, and no append resolves, before the disk has the record.
 */
export class ShardLog {
  readonly #directory: string;
  readonly #now: () => number;
  #segments: Segment[];
  #waiting: Waiting[] = [];
  #committing: Promise<void> | undefined;
  #nextCounter: number;
  #lastArrived: number;
  #closed = false;
  /** Readers at the tip, who wait for what comes next. */
  readonly #tip = new Set<() => void>();

  private constructor(directory: string, segments: Segment[], now: () => number) {
    const active = segments.at(-1) as Segment;
    this.#directory = directory;
    this.#segments = segments;
    this.#now = now;
    this.#nextCounter = active.next;
    this.#lastArrived = active.lastArrived;
  }

  static async open(directory: string, now: () => number): Promise<ShardLog> {
    await mkdir(directory, { recursive: true });
    const segments = await Segment.list(directory);
    if (segments.length === 0) return new ShardLog(directory, [await Segment.create(directory, 1)], now);
    await segments.at(-1)?.recover();
    if (segments.at(-1)?.bytes === 0) await segments.at(-2)?.load(); // its last arrival must not be undercut

    const log = new ShardLog(directory, segments, now);
    log.#lastArrived = Math.max(log.#lastArrived, segments.at(-2)?.lastArrived ?? 0);
    return log;
  }

  /** Counter after the last record on disk: what a reader at the tip reads next. */
  get next(): number {
    return this.#active.next;
  }

  /** When the last record on disk arrived, in milliseconds since the epoch; 0 when there was none. */
  get lastArrived(): number {
    return this.#lastArrived;
  }

  /** Resolves when all of them are on disk. */
  async append(records: readonly NewRecord[]): Promise<Appended> {
    if (this.#closed) throw new TypeError(`${this.#directory} is closed`);
    const counter = this.#nextCounter;
    const arrived = Math.max(this.#now(), this.#lastArrived);
    const buffers = records.map((record, index) => encodeRecord({ ...record, counter: counter + index, arrived }));
    this.#nextCounter += records.length;
    this.#lastArrived = arrived;
    await new Promise<void>((resolve, reject) => {
      this.#waiting.push({ buffers, resolve, reject });
      this.#committing ??= this.#commit();
    });

    return { counter, arrived };
  }

  /** Records from `counter` on (or from the oldest that is left), never those that arrived before `horizon`. */
  async read(counter: number, limits: ReadLimits, horizon = 0): Promise<StoredRecord[]> {
    const from = Math.max(counter, await this.counterAt(horizon));
    const segments = this.#segments;
    const start = Math.max(
      segments.findLastIndex((segment) => segment.base <= from),
      0,
    );
    const found: StoredRecord[] = [];
    let { records, bytes } = limits;
    for (const segment of segments.slice(start)) {
      const next = (await segment.read(Math.max(from, segment.base), { records, bytes }).catch(ignoreDeleted)) ?? [];
      if (found.length > 0 && next[0] !== undefined && sizeOf(next[0]) > bytes) break; // the first passes at any size
      found.push(...next);
      records -= next.length;
      bytes -= next.reduce((sum, record) => sum + sizeOf(record), 0);
      if (records <= 0 || bytes <= 0) break;
    }

    return found;
  }

  /** Counter of the first record that arrived at `time` or later; `next` when all are older. */
  async counterAt(time: number): Promise<number> {
    const segments = this.#segments;
    let low = 0;
    let high = segments.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (await startsBefore(segments[middle] as Segment, time)) low = middle + 1;
      else high = middle;
    }
    if (low === 0) return (segments[0] as Segment).base;

    return (
      (await (segments[low - 1] as Segment).counterAt(time).catch(ignoreDeleted)) ?? (segments[low]?.base as number)
    );
  }

  /** What came in with the records from `counter` on, added to `minutes`; `counter` is the first of a segment. */
  async addArrivals(minutes: Map<number, Arrivals>, counter: number): Promise<void> {
    for (const segment of this.#segments) {
      if (segment.base < counter) continue;
      const arrivals = await segment.arrivals().catch(ignoreDeleted);
      for (const [minute, one] of arrivals ?? []) mergeArrivals(minutes, minute, one);
    }
  }

  /** Resolves when there is a record at `counter`, when somebody wakes the readers, or after so many milliseconds. */
  async arrival(counter: number, milliseconds: number, signal: AbortSignal): Promise<void> {
    if (counter < this.next || this.#closed || signal.aborted) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, milliseconds);
    const aborted = () => resolve();
    this.#tip.add(resolve);
    signal.addEventListener('abort', aborted, { once: true });
    await promise;
    clearTimeout(timer);
    this.#tip.delete(resolve);
    signal.removeEventListener('abort', aborted);
  }

  /** Lets the readers at the tip look again. */
  wake(): void {
    for (const resolve of this.#tip) resolve();
  }

  /**
   * Drops the segments all of whose records arrived before `horizon`.
   *
   * @param before is told of each what came in with it, and the counter of the first record behind it; it goes when that resolves
   */
  async trim(
    horizon: number,
    before: (arrivals: ArrivalMinutes, next: number) => Promise<void> = async () => undefined,
  ): Promise<void> {
    if (this.#active.bytes > 0 && this.#lastArrived < horizon) await this.#rollIdle();
    while (this.#segments.length > 1) {
      const [oldest, second] = this.#segments as [Segment, Segment];
      if (((await second.firstArrived()) ?? this.#lastArrived) >= horizon) return;
      await before(await oldest.arrivals(), second.base);
      this.#segments = this.#segments.slice(1);
      await oldest.delete();
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.wake();
    await this.#committing;
    await this.#active.close();
  }

  get #active(): Segment {
    return this.#segments.at(-1) as Segment;
  }

  async #commit(): Promise<void> {
    while (this.#waiting.length > 0) {
      const batch = this.#waiting;
      this.#waiting = [];
      try {
        if (await this.#isFull()) await this.#roll();
        await this.#active.append(batch.flatMap((entry) => entry.buffers));
        for (const entry of batch) entry.resolve();
        this.wake();
      } catch (error) {
        this.#abandon(batch, error);
      }
    }
    this.#committing = undefined;
  }

  /** The counters of what was not written are used again, so everything behind it must fail as well. */
  #abandon(batch: readonly Waiting[], error: unknown): void {
    const failed = [...batch, ...this.#waiting];
    this.#waiting = [];
    this.#nextCounter = this.#active.next;
    for (const entry of failed) entry.reject(error);
  }

  async #isFull(): Promise<boolean> {
    const active = this.#active;
    if (active.bytes === 0) return false;

    return active.bytes >= SEGMENT_BYTES || this.#now() - ((await active.firstArrived()) ?? 0) >= SEGMENT_MILLIS;
  }

  /** Rolls between two commits; appends that come meanwhile wait. */
  async #rollIdle(): Promise<void> {
    while (this.#committing !== undefined) await this.#committing;
    this.#committing = this.#roll().finally(() => this.#commit());
    await this.#committing;
  }

  async #roll(): Promise<void> {
    const full = this.#active;
    this.#segments = [...this.#segments, await Segment.create(this.#directory, full.next)];
    await full.close();
  }
}

async function startsBefore(segment: Segment, time: number): Promise<boolean> {
  const first = await segment.firstArrived().catch((error) => ignoreDeleted(error) ?? 0);

  return first !== undefined && first < time;
}

/** A reader may hold a segment that retention has just dropped; it goes on with the next. */
function ignoreDeleted(error: NodeJS.ErrnoException): undefined {
  if (error.code === 'ENOENT') return undefined;
  throw error;
}
