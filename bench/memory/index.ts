import type { Bench } from '../bench.ts';
import { startConsumer } from '../fdi/consumer.ts';
import { startPlatform } from '../fdi/platform.ts';
import { growthOf, type MemoryReport, memoryFault, memoryTable, type Sample } from './growth.ts';

const BATCH = 1000;
const STEP = 100_000;
const STEPS = 10;
/** Batches between two with a message that goes into the quarantine. */
const SPOIL_EVERY = 10;

export interface MemoryRun {
  /** Records between two samples, in batches of 1,000. */
  readonly step: number;
  readonly steps: number;
}

/** A million records through one instance of the consumer, as it is deployed. */
export const memory: Bench<MemoryReport> = {
  summary: 'a million records through one consumer: what its process holds',
  run: (progress) => measureMemory({ step: STEP, steps: STEPS }, progress),
  table: memoryTable,
  fault: memoryFault,
};

export async function measureMemory(
  { step, steps }: MemoryRun,
  progress: (message: string) => void,
): Promise<MemoryReport> {
  progress('starting MariaDB and the Data API');
  const platform = await startPlatform();
  try {
    await platform.reset();
    const consumer = await startConsumer(platform.environment, ['--expose-gc']);
    const samples: Sample[] = [];
    for (let at = 0; at < steps; at += 1) {
      const run = { from: at * step, batch: BATCH, batches: step / BATCH, spoilEvery: SPOIL_EVERY };
      const { heapBytes, residentBytes } = await consumer.run(run);
      samples.push({ records: (at + 1) * step, heapBytes, residentBytes });
      progress(`${(at + 1) * step} records`);
    }
    await consumer.stop();

    return { samples, ...growthOf(samples) };
  } finally {
    await platform.stop();
  }
}
