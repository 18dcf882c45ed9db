import { pause } from '../lambda/event-source/pause.ts';
import { type KafkaRecord, MAX_EVENT_BYTES, recordBytes } from './kafka-event.ts';

export interface BacklogOptions {
  readonly topic: string;
  readonly batchSize: number;
  /** Milliseconds to gather before a batch that is not full goes out. */
  readonly batchingWindow: number;
}

/** Records that were read and wait for the function, in the order of their partitions. */
export class Backlog {
  readonly #options: BacklogOptions;
  #waiting: { readonly record: KafkaRecord; readonly bytes: number }[] = [];
  #bytes = 0;
  #since = 0;
  #arrived = Promise.withResolvers<void>();

  constructor(options: BacklogOptions) {
    this.#options = options;
  }

  get length(): number {
    return this.#waiting.length;
  }

  /** Of the events they would fill. */
  get bytes(): number {
    return this.#bytes;
  }

  add(records: readonly KafkaRecord[]): void {
    if (this.#waiting.length === 0) this.#since = Date.now();
    for (const record of records) {
      const bytes = recordBytes(this.#options.topic, record);
      this.#waiting.push({ record, bytes });
      this.#bytes += bytes;
    }
    this.#arrived.resolve();
  }

  /** What waits is read again: the group was formed anew, and goes on at what was committed. */
  clear(): void {
    this.#waiting = [];
    this.#bytes = 0;
  }

  /** The next batch, when it is full or old enough; nothing when the signal came. */
  async next(signal: AbortSignal): Promise<readonly KafkaRecord[]> {
    while (!signal.aborted) {
      const left = this.#waiting.length === 0 ? Number.POSITIVE_INFINITY : this.#millisecondsLeft();
      if (left <= 0) return this.#take();
      this.#arrived = Promise.withResolvers<void>();
      const rest = new AbortController();
      await Promise.race([
        this.#arrived.promise,
        pause(Number.isFinite(left) ? left : 60_000, AbortSignal.any([signal, rest.signal])),
      ]);
      rest.abort();
    }

    return [];
  }

  #millisecondsLeft(): number {
    const { batchSize, batchingWindow } = this.#options;
    const full = this.#waiting.length >= batchSize || this.#bytes >= MAX_EVENT_BYTES;

    return full ? 0 : this.#since + batchingWindow - Date.now();
  }

  /** At least one record, whatever its size: Kafka takes larger ones than Lambda, which says so itself. */
  #take(): readonly KafkaRecord[] {
    let [count, bytes] = [0, 0];
    for (const { bytes: more } of this.#waiting) {
      if (count === this.#options.batchSize || (count > 0 && bytes + more > MAX_EVENT_BYTES)) break;
      count += 1;
      bytes += more;
    }
    const taken = this.#waiting.splice(0, count);
    this.#bytes -= bytes;
    this.#since = Date.now();

    return taken.map(({ record }) => record);
  }
}
