import { claimOf, inOrder } from '../../core/fdi/claim.ts';
import { epochOf } from '../../core/fdi/epoch.ts';
import type { FeedKey } from '../../core/fdi/feed-position.ts';
import { type Entry, type RecordReader, readRecords, type StreamRecord } from '../../core/fdi/row.ts';
import type { TaskDatabase } from '../../core/fdi/shard-writer.ts';
import { type Batch, type BatchOutcome, type BatchPlan, writeBatch } from '../../core/fdi/write-batch.ts';
import { type ModelCache, NO_MODELS } from '../../core/link/model-cache.ts';
import type { ConsumeShard } from './batch-consumer.ts';
import { reportBatch, warningsIn } from './batch-report.ts';
import { database } from './database.ts';
import { type Deadline, deadline } from './deadline.ts';
import { logger } from './logger.ts';

/** How the batches of a task are written, wherever they go. */
export interface Delivery<Plan> extends Pick<Batch<BatchPlan & Plan>, 'writer' | 'replan' | 'faultOf'> {
  readonly plan: Plan;
  /**
   * The most records written before the next are looked at, so that a slow target gets on within an invocation; may change meanwhile.
   * @default - all of the batch
   */
  readonly recordsAtOnce?: () => number;
  /** Milliseconds of batches that are not counted yet. */
  readonly memory: { busyMs: number };
  /** Behind the batch, whatever has become of it. Never throws. */
  readonly after?: (outcome: BatchOutcome, line: Readonly<Record<string, unknown>>) => Promise<void>;
}

export interface DeliveryConsuming<Plan> {
  readonly task: string;
  readonly models?: ModelCache;
  /** The platform's database, which has the quarantine and the positions, or a copy of them. */
  readonly platform?: () => TaskDatabase;
  /** Of one shard. May throw: then the batch waits. */
  readonly delivery: (key: FeedKey, time: Deadline) => Promise<Delivery<Plan>>;
}

const RESERVE_MS = 5000;
const UNJUDGED: ModelCache = { ...NO_MODELS, refresh: async () => undefined };

/**
 * What consumers do with a batch that goes elsewhere than into the platform's database, which `batch-consumer.ts` writes.
 * Never throws for what the target does.
 */
export function deliveryConsumer<Plan extends BatchPlan & RecordReader>({
  task,
  models = UNJUDGED,
  platform = database,
  delivery,
}: DeliveryConsuming<Plan>): ConsumeShard {
  return async (shard, unordered, context) => {
    const records = inOrder(unordered);
    const startedAt = performance.now();
    const remaining = context.getRemainingTimeInMillis();
    const time = deadline(platform(), remaining - Math.min(RESERVE_MS, remaining / 2));
    const line = { task, shard, first: sequenceOf(records[0]), last: sequenceOf(records.at(-1)) };
    try {
      const key = { task, epoch: epochOf(context.invokedFunctionArn), shard };
      const [own] = await Promise.all([delivery(key, time), models.refresh()]);
      const { memory, after } = own;
      const read = (some: readonly StreamRecord[], by: Plan) => readRecords(some, by, models.load);
      const outcome = await writeAll({ ...own, read, pause: time.pause, random: Math.random }, records);
      const ms = performance.now() - startedAt;
      memory.busyMs += ms;
      await after?.(outcome, line);
      const facts = { read: records.length, bytes: claimOf(records).bytes, ms: Math.round(ms) };
      reportBatch({ ...line, ...facts, ...warningsIn(outcome) }, outcome);

      return outcome.unwritten?.sequenceNumber;
    } catch (error) {
      logger.error('batch not written', { ...line, read: records.length, error });

      return line.first;
    } finally {
      time.end();
    }
  };
}

/** Piece by piece where the target asks for it, up to the first that is not written whole. */
async function writeAll<Plan extends BatchPlan>(
  batch: Delivery<Plan> & Batch<Plan>,
  records: readonly StreamRecord[],
): Promise<BatchOutcome> {
  const { plan, recordsAtOnce = () => records.length } = batch;
  const rejected: Entry[] = [];
  const warned: Entry[] = [];
  let written = 0;
  for (let from = 0; from < records.length; ) {
    const to = from + Math.max(1, recordsAtOnce());
    const outcome = await writeBatch(batch, plan, records.slice(from, to));
    written += outcome.written;
    rejected.push(...outcome.rejected);
    warned.push(...outcome.warned);
    if (outcome.unwritten !== undefined) {
      return { written, rejected, warned, unwritten: outcome.unwritten };
    }
    from = to;
  }

  return { written, rejected, warned };
}

function sequenceOf(record: StreamRecord | undefined): string {
  return record?.kinesis.sequenceNumber ?? '';
}
