import type { StreamRecord } from '../../engines.ts';

export interface LaneOptions {
  readonly batchSize: number;
  /** Milliseconds to gather before a batch that is not full goes out. */
  readonly batchingWindow: number;
  /** How many of the waiting records fit into one event. */
  fit(records: readonly StreamRecord[]): number;
  deliver(records: readonly StreamRecord[]): Promise<void>;
  readonly signal: AbortSignal;
}

/** One batch at a time of one shard, or of one part of its partition keys. */
export interface Lane {
  push(records: readonly StreamRecord[]): void;
  /** Resolves when the lane has stopped; a batch on its way is waited for. */
  readonly ended: Promise<void>;
}

export function createLane(options: LaneOptions): Lane {
  const { batchSize, batchingWindow, signal } = options;
  let waiting: StreamRecord[] = [];
  let since = 0;
  let wake = Promise.withResolvers<void>();
  signal.addEventListener('abort', () => wake.resolve(), { once: true });

  /** Sleeps until something arrives, the window closes or the lane is stopped. */
  const sleep = async () => {
    wake = Promise.withResolvers<void>();
    if (signal.aborted) return;
    const left = since + batchingWindow - Date.now();
    const timer = waiting.length === 0 ? undefined : setTimeout(() => wake.resolve(), Math.max(0, left));
    await wake.promise;
    clearTimeout(timer);
  };
  const isDue = (fitting: number) =>
    fitting > 0 && (fitting < waiting.length || fitting >= batchSize || Date.now() - since >= batchingWindow);

  const run = async () => {
    while (!signal.aborted) {
      const fitting = waiting.length === 0 ? 0 : options.fit(waiting);
      if (!isDue(fitting)) {
        await sleep();
        continue;
      }
      const batch = waiting.slice(0, fitting);
      waiting = waiting.slice(fitting);
      since = Date.now();
      await options.deliver(batch);
    }
  };

  return {
    push(records) {
      if (records.length === 0) return;
      if (waiting.length === 0) since = Date.now();
      waiting.push(...records);
      wake.resolve();
    },
    ended: run(),
  };
}

/** The lane of a partition key: the same key always goes the same way, so that its order is kept. FNV-1a. */
export function laneOf(partitionKey: string, lanes: number): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < partitionKey.length; index += 1) {
    hash = Math.imul(hash ^ partitionKey.charCodeAt(index), 0x01000193) >>> 0;
  }
  return hash % lanes;
}
