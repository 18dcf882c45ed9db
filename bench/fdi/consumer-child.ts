import { event } from './workload.ts';

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
}

export interface RunResult {
  /** Time of each batch, from the event to the answer. */
  readonly ms: readonly number[];
  /** Batches that were not written whole. */
  readonly failures: number;
  /** The most memory the process ever held. */
  readonly peakMemoryMb: number;
}

const context = {
  invokedFunctionArn: 'arn:aws:lambda:us-east-1:000000000000:function:ParkingHistoryConsumer',
  getRemainingTimeInMillis: () => 60_000,
};

process.on('message', async ({ from, batch, batches }: Run) => {
  const ms: number[] = [];
  let failures = 0;
  for (let at = 0; at < batches; at += 1) {
    const records = event(from + at * batch, batch);
    const startedAt = performance.now();
    const { batchItemFailures } = await handler(records, context);
    ms.push(performance.now() - startedAt);
    failures += batchItemFailures.length;
  }
  process.send?.({ ms, failures, peakMemoryMb: process.resourceUsage().maxRSS / 1024 } satisfies RunResult);
});
process.send?.('ready');
