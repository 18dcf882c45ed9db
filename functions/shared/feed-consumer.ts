import { batchNumber } from '../../core/fdi/batch-number.ts';
import { claimOf, inOrder } from '../../core/fdi/claim.ts';
import { epochOf } from '../../core/fdi/epoch.ts';
import { feedFault } from '../../core/fdi/feed-fault.ts';
import { type FeedPlan, planFeed } from '../../core/fdi/feed-plan.ts';
import { FeedPositions } from '../../core/fdi/feed-position.ts';
import { type FeedTask, tableTask } from '../../core/fdi/feed-task.ts';
import { type FeedMemory, type FeedWriter, feedWriter } from '../../core/fdi/feed-writer.ts';
import { readRecords, type StreamRecord } from '../../core/fdi/row.ts';
import type { RunDialect, TableShape } from '../../core/fdi/run-dialect.ts';
import type { TaskDatabase } from '../../core/fdi/shard-writer.ts';
import { writeBatch } from '../../core/fdi/write-batch.ts';
import { type ModelCache, NO_MODELS } from '../../core/link/model-cache.ts';
import type { ConsumeShard, InvocationContext } from './batch-consumer.ts';
import { reportBatch, warningsIn } from './batch-report.ts';
import { database } from './database.ts';
import { type Deadline, deadline } from './deadline.ts';
import { type FeedTarget, feedTarget } from './feed-target.ts';
import { logger } from './logger.ts';
import { taskLanguages } from './task-languages.ts';

const RESERVE_MS = 5000;
const UNJUDGED: ModelCache = { ...NO_MODELS, refresh: async () => undefined };

/** What a test puts in the place of databases. */
export interface FeedPorts {
  readonly target?: () => Promise<FeedTarget>;
  /** The platform's database, which has the quarantine and a copy of the positions. */
  readonly platform?: () => TaskDatabase;
}

/**
 * What the consumer of a task does with a batch that goes into another database; keeps connections, the task's plan and the shards' positions
 * from batch to batch. `batch-consumer.ts` does the same for the platform's own, without a driver.
 *
 * @param models by which messages of products are judged
 */
export function feedConsumer(
  task: FeedTask,
  models: ModelCache = UNJUDGED,
  { target = () => feedTarget(task), platform = database }: FeedPorts = {},
): ConsumeShard {
  const memories = new Map<string, FeedMemory>();
  let opened: Promise<FeedTarget> | undefined;
  let known: { readonly shape: TableShape; readonly plan: FeedPlan } | undefined;

  return async (shard, unordered, context) => {
    const records = inOrder(unordered);
    const startedAt = performance.now();
    const remaining = context.getRemainingTimeInMillis();
    const time = deadline(platform(), remaining - Math.min(RESERVE_MS, remaining / 2));
    const line = { task: task.name, shard, first: sequenceOf(records[0]), last: sequenceOf(records.at(-1)) };
    try {
      const own = await targetOf();
      const [plan] = await Promise.all([planOf(own, time), models.refresh()]);
      const { memory, writer } = writerOf(own, shard, context, time);
      const batch = {
        writer,
        read: (some: readonly StreamRecord[], by: FeedPlan) => readRecords(some, by, models.load),
        replan: () => replan(own, time),
        faultOf: (error: unknown) => feedFault(own.dialect, error),
        pause: time.pause,
        random: Math.random,
      };
      const outcome = await writeBatch(batch, plan, records);
      const ms = performance.now() - startedAt;
      memory.busyMs += ms;
      if (outcome.unwritten?.fault.kind === 'other') {
        // The table may have been altered: it is described anew.
        known = undefined;
      }
      await writer
        .report()
        .catch((error: unknown) => logger.warn('the platform is told with the next batch', { ...line, error }));
      const read = { read: records.length, bytes: claimOf(records).bytes, ms: Math.round(ms) };
      reportBatch({ ...line, ...read, ...warningsIn(outcome) }, outcome);

      return outcome.unwritten?.sequenceNumber;
    } catch (error) {
      logger.error('batch not written', { ...line, read: records.length, error });

      return line.first;
    } finally {
      time.end();
    }
  };

  async function targetOf(): Promise<FeedTarget> {
    opened ??= target();
    try {
      return await opened;
    } catch (error) {
      opened = undefined;
      throw error;
    }
  }

  async function planOf(own: FeedTarget, time: Deadline): Promise<FeedPlan> {
    known ??= await planned(own.dialect, await own.describe(time));

    return known.plan;
  }

  /** A new plan if the table has changed since the last one. */
  async function replan(own: FeedTarget, time: Deadline): Promise<FeedPlan | undefined> {
    const shape = await own.describe(time);
    if (JSON.stringify(shape) === JSON.stringify(known?.shape)) {
      return undefined;
    }
    known = await planned(own.dialect, shape);

    return known.plan;
  }

  async function planned(dialect: RunDialect, shape: TableShape) {
    return { shape, plan: planFeed(task, dialect, shape, models, await taskLanguages(tableTask(task))) };
  }

  function writerOf(
    { dialect, sessions }: FeedTarget,
    shard: string,
    { invokedFunctionArn }: InvocationContext,
    time: Deadline,
  ): { readonly memory: FeedMemory; readonly writer: FeedWriter } {
    const epoch = epochOf(invokedFunctionArn);
    const memory = memories.get(`${epoch}/${shard}`) ?? { opened: false, busyMs: 0 };
    memories.set(`${epoch}/${shard}`, memory);
    const writer = feedWriter({
      dialect,
      sessions: { use: (work) => sessions.use(work, time) },
      positions: new FeedPositions({ task: task.name, epoch, shard }, dialect),
      platform: time.database,
      memory,
      batch: batchNumber(),
    });

    return { memory, writer };
  }
}

function sequenceOf(record: StreamRecord | undefined): string {
  return record?.kinesis.sequenceNumber ?? '';
}
