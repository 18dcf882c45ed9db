import type { Bench } from '../bench.ts';
import { measureBundles } from './bundles.ts';
import { type Consumer, startConsumer } from './consumer.ts';
import { naiveInserts, rawInserts } from './peers.ts';
import { DISTANCE_MS, type Platform, startPlatform } from './platform.ts';
import { type BatchReport, type FdiReport, fdiTable, round } from './report.ts';
import { median } from './statistics.ts';

const BATCHES = [1000, 5000] as const;
/** Records a round and side; rounds take turns, so that what else the machine does meets all sides alike. */
const ROUND_RECORDS = 20_000;
const ROUNDS = 7;
const WARM_UP_RECORDS = 60_000;
const DISTANT_BATCHES = 20;
const NAIVE_RECORDS = 500;

/** The consumer of a topic, beside the raw limit and the naive way: same table, same rows, same run. */
export const fdi: Bench<FdiReport> = {
  summary: 'topic to table: the consumer as deployed, the driver itself, one insert per record',
  async run(progress) {
    progress('bundles: size and initialisation');
    const bundles = await measureBundles();
    progress('starting MariaDB and the Data API');
    const platform = await startPlatform();
    try {
      const batches: BatchReport[] = [];
      for (const batch of BATCHES) {
        batches.push(await measure(platform, batch, progress));
      }
      const [first] = batches as [BatchReport, ...BatchReport[]];
      const { records: _, ...numbers } = first;

      return {
        ...numbers,
        peakMemoryMb: Math.max(...batches.map(({ peakMemoryMb }) => peakMemoryMb)),
        bundles,
        batches,
      };
    } finally {
      await platform.stop();
    }
  },
  table: fdiTable,
};

async function measure(platform: Platform, batch: number, progress: (message: string) => void): Promise<BatchReport> {
  progress(`${batch} records a batch: consumer and driver, ${ROUNDS} rounds each in turn`);
  await platform.reset();
  const connection = await platform.connect();
  const consumer = await startConsumer(platform.environment);
  try {
    const sides = { raw: [] as number[], own: [] as number[] };
    let from = 0;
    await rawInserts(connection, batch, WARM_UP_RECORDS / batch);
    let { peakMemoryMb } = await consumer.run({ from, batch, batches: WARM_UP_RECORDS / batch });
    from += WARM_UP_RECORDS;
    for (let turn = 0; turn < ROUNDS; turn += 1) {
      sides.raw.push(...(await rawInserts(connection, batch, ROUND_RECORDS / batch)));
      const result = await consumer.run({ from, batch, batches: ROUND_RECORDS / batch });
      sides.own.push(...result.ms);
      peakMemoryMb = Math.max(peakMemoryMb, result.peakMemoryMb);
      from += ROUND_RECORDS;
    }
    const rowsPerSecond = rate(batch, median(sides.own));
    const rawRowsPerSecond = rate(batch, median(sides.raw));
    progress(`${batch} records a batch: one insert per record`);
    const naiveRowsPerSecond = rate(NAIVE_RECORDS, await naiveInserts(platform.environment, NAIVE_RECORDS));
    progress(`${batch} records a batch: the consumer with ${DISTANCE_MS} ms more for every call`);
    const distant = await distantRate(platform, from, batch);

    return {
      records: batch,
      rowsPerSecond,
      rawRowsPerSecond,
      naiveRowsPerSecond,
      rowsPerSecondAt15ms: distant,
      ratioToRaw: round(rowsPerSecond / rawRowsPerSecond),
      ratioToNaive: round(rowsPerSecond / naiveRowsPerSecond),
      ratioToRawAt15ms: round(distant / rawRowsPerSecond),
      rawAt15msToRaw: round(rate(batch, median(sides.raw) + DISTANCE_MS) / rawRowsPerSecond),
      peakMemoryMb: Math.round(peakMemoryMb),
    };
  } finally {
    await consumer.stop();
    await connection.end();
  }
}

async function distantRate(platform: Platform, from: number, batch: number): Promise<number> {
  const consumer: Consumer = await startConsumer(platform.distantEnvironment);
  try {
    await consumer.run({ from, batch, batches: DISTANT_BATCHES });
    const { ms } = await consumer.run({ from: from + DISTANT_BATCHES * batch, batch, batches: DISTANT_BATCHES });

    return rate(batch, median(ms));
  } finally {
    await consumer.stop();
  }
}

function rate(records: number, ms: number): number {
  return Math.round((records / ms) * 1000);
}
