import { batchNumber } from '../../core/fdi/batch-number.ts';
import { claimOf, inOrder } from '../../core/fdi/claim.ts';
import { COLUMNS_SQL, type Column, columnsFrom } from '../../core/fdi/column.ts';
import { epochOf } from '../../core/fdi/epoch.ts';
import { planTask, type TaskPlan } from '../../core/fdi/plan.ts';
import { readRecords, type StreamRecord } from '../../core/fdi/row.ts';
import { type ShardMemory, shardWriter, type TaskDatabase } from '../../core/fdi/shard-writer.ts';
import { textParameter } from '../../core/fdi/statement.ts';
import type { TopicTask } from '../../core/fdi/topic-task.ts';
import { writeBatch } from '../../core/fdi/write-batch.ts';
import { type ModelCache, NO_MODELS } from '../../core/link/model-cache.ts';
import { reportBatch, warningsIn } from './batch-report.ts';
import { database } from './database.ts';
import { deadline } from './deadline.ts';
import { logger } from './logger.ts';
import { taskLanguages } from './task-languages.ts';

const RESERVE_MS = 5000;

/** Of Lambda's context, what writing a batch needs. */
export interface InvocationContext {
  readonly invokedFunctionArn: string;
  getRemainingTimeInMillis(): number;
}

/**
 * Writes the records that one shard or partition has in a batch. Answers the sequence number of the first record that is not written, if
 * there is one; never throws for what the database does.
 */
export type ConsumeShard = (
  shard: string,
  records: readonly StreamRecord[],
  context: InvocationContext,
) => Promise<string | undefined>;

const UNJUDGED: ModelCache = { ...NO_MODELS, refresh: async () => undefined };

/**
 * What every consumer of a task does with a batch; keeps the task's plan and the shards' positions from batch to batch.
 *
 * @param models by which messages of products are judged
 */
export function batchConsumer(task: TopicTask, models: ModelCache = UNJUDGED): ConsumeShard {
  const shards = new Map<string, ShardMemory>();
  let known: { readonly columns: readonly Column[]; readonly plan: TaskPlan } | undefined;

  async function consume(
    shard: string,
    unordered: readonly StreamRecord[],
    context: InvocationContext,
  ): Promise<string | undefined> {
    const records = inOrder(unordered);
    const startedAt = performance.now();
    const remaining = context.getRemainingTimeInMillis();
    const time = deadline(database(), remaining - Math.min(RESERVE_MS, remaining / 2));
    const memory = memoryOf(shard, context.invokedFunctionArn);
    const line = { task: task.name, shard, first: sequenceOf(records[0]), last: sequenceOf(records.at(-1)) };
    try {
      const [plan] = await Promise.all([planOf(time.database), models.refresh()]);
      const batch = {
        writer: shardWriter(time.database, memory, batchNumber()),
        read: (some: readonly StreamRecord[], by: TaskPlan) => readRecords(some, by, models.load),
        replan: () => replan(time.database),
        pause: time.pause,
        random: Math.random,
      };
      const outcome = await writeBatch(batch, plan, records);
      const ms = performance.now() - startedAt;
      memory.busyMs += ms;
      const read = { read: records.length, bytes: claimOf(records).bytes, ms: Math.round(ms) };
      const { withoutFunction } = memory;
      reportBatch({ ...line, ...read, ...warningsIn(outcome), ...(withoutFunction && { withoutFunction }) }, outcome);

      return outcome.unwritten?.sequenceNumber;
    } catch (error) {
      logger.error('batch not written', { ...line, read: records.length, error });

      return line.first;
    } finally {
      time.end();
    }
  }

  async function planOf(source: TaskDatabase): Promise<TaskPlan> {
    if (known === undefined) {
      known = await planned(await readColumns(source, task));
    }

    return known.plan;
  }

  /** A new plan if the table's columns have changed since the last one. */
  async function replan(source: TaskDatabase): Promise<TaskPlan | undefined> {
    const columns = await readColumns(source, task);
    if (JSON.stringify(columns) === JSON.stringify(known?.columns)) {
      return undefined;
    }
    known = await planned(columns);

    return known.plan;
  }

  async function planned(columns: readonly Column[]) {
    return { columns, plan: planTask(task, columns, models, await taskLanguages(task)) };
  }

  function memoryOf(shard: string, functionArn: string): ShardMemory {
    const epoch = epochOf(functionArn);
    const key = `${epoch}/${shard}`;
    const memory = shards.get(key) ?? {
      task: task.name,
      epoch,
      shard,
      opened: false,
      busyMs: 0,
      keyed: (task.parallelization ?? 1) > 1,
    };
    shards.set(key, memory);

    return memory;
  }

  return consume;
}

async function readColumns(source: TaskDatabase, task: TopicTask): Promise<Column[]> {
  const { rows } = await source.execute(COLUMNS_SQL, [textParameter('table', task.target.table)], { json: true });

  return columnsFrom(rows);
}

function sequenceOf(record: StreamRecord | undefined): string {
  return record?.kinesis.sequenceNumber ?? '';
}
