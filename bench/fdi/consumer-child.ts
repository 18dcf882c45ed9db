import { event, spoilt } from './workload.ts';

/** The measured side of `consumer.ts`: one instance of the function, as Lambda runs it. Arguments: the asset's `index.mjs`. */
const [, , index = ''] = process.argv;
const { handler } = (await import(index)) as { handler: (event: unknown, context: unknown) => Promise<Answer> };

interface Answer {
  readonly batchItemFailures: readonly unknown[];
}

export interface Run {
  /** Number of the first record. */
  readonly from: number;
  readonly batch: number;
  readonly batches: number;
  /** In every so many batches one message is no JSON. @default - in none */
  readonly spoilEvery?: number;
}

export interface RunResult {
  /** Time of each batch, from the event to the answer. */
  readonly ms: readonly number[];
  /** Batches that were not written whole. */
  readonly failures: number;
  /** The most memory the process ever held. */
  readonly peakMemoryMb: number;
  /** What the process holds at the end, in bytes; of the heap what a collection leaves, when it may ask for one (`--expose-gc`). */
  readonly heapBytes: number;
  readonly residentBytes: number;
}

const context = {
  invokedFunctionArn: 'arn:aws:lambda:us-east-1:000000000000:function:ParkingHistoryConsumer',
  getRemainingTimeInMillis: () => 60_000,
};

process.on('message', async ({ from, batch, batches, spoilEvery = 0 }: Run) => {
  const ms: number[] = [];
  let failures = 0;
  for (let at = 0; at < batches; at += 1) {
    const records = event(from + at * batch, batch);
    const given = spoilEvery > 0 && at % spoilEvery === 0 ? spoilt(records) : records;
    const startedAt = performance.now();
    const { batchItemFailures } = await handler(given, context);
    ms.push(performance.now() - startedAt);
    failures += batchItemFailures.length;
  }
  globalThis.gc?.();
  const { heapUsed: heapBytes, rss: residentBytes } = process.memoryUsage();
  const peakMemoryMb = process.resourceUsage().maxRSS / 1024;
  process.send?.({ ms, failures, peakMemoryMb, heapBytes, residentBytes } satisfies RunResult);
});
process.send?.('ready');
