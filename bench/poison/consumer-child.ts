import { event } from '../fdi/workload.ts';
import { poisoned } from './malformed.ts';

/** The measured side of `index.ts`: one instance of the function, as Lambda runs it. Arguments: the asset's `index.mjs`. */
const [, , index = ''] = process.argv;
const { handler } = (await import(index)) as {
  handler: (event: unknown, context: unknown) => Promise<{ readonly batchItemFailures: readonly unknown[] }>;
};

export interface Run {
  /** Number of the first record. */
  readonly from: number;
  readonly batch: number;
  readonly batches: number;
  /** One of so many messages is malformed; 0 for none. */
  readonly every: number;
}

export interface RunResult {
  /** Time of each batch, from the event to the answer. */
  readonly ms: readonly number[];
  /** Batches that were not written whole. */
  readonly failures: number;
}

const context = {
  invokedFunctionArn: 'arn:aws:lambda:us-east-1:000000000000:function:ParkingHistoryConsumer',
  getRemainingTimeInMillis: () => 60_000,
};

process.on('message', async ({ from, batch, batches, every }: Run) => {
  const ms: number[] = [];
  let failures = 0;
  for (let at = 0; at < batches; at += 1) {
    const clean = event(from + at * batch, batch);
    const records = every === 0 ? clean : poisoned(clean, every);
    const startedAt = performance.now();
    const { batchItemFailures } = await handler(records, context);
    ms.push(performance.now() - startedAt);
    failures += batchItemFailures.length;
  }
  process.send?.({ ms, failures } satisfies RunResult);
});
process.send?.('ready');
