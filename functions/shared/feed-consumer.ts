import { batchNumber } from '../../core/fdi/batch-number.ts';
import { feedFault } from '../../core/fdi/feed-fault.ts';
import { type FeedPlan, planFeed } from '../../core/fdi/feed-plan.ts';
import { FeedPositions } from '../../core/fdi/feed-position.ts';
import { type FeedTask, tableTask } from '../../core/fdi/feed-task.ts';
import { type FeedMemory, feedWriter, writeFeedRows } from '../../core/fdi/feed-writer.ts';
import type { RunDialect, TableShape } from '../../core/fdi/run-dialect.ts';
import type { RunSession } from '../../core/fdi/run-session.ts';
import type { TaskDatabase } from '../../core/fdi/shard-writer.ts';
import type { ModelCache } from '../../core/link/model-cache.ts';
import type { ConsumeShard } from './batch-consumer.ts';
import type { Deadline } from './deadline.ts';
import { deliveryConsumer } from './delivery-consumer.ts';
import { type FeedTarget, feedTarget } from './feed-target.ts';
import { logger } from './logger.ts';
import { taskLanguages } from './task-languages.ts';

/** What a test puts in the place of databases. */
export interface FeedPorts {
  readonly target?: () => Promise<FeedTarget>;
  readonly platform?: () => TaskDatabase;
}

/**
 * The consumer of a task into another database; keeps connections, the task's plan and the shards' positions from batch to batch.
 *
 * @param models by which messages of products are judged
 */
export function feedConsumer(
  task: FeedTask,
  models?: ModelCache,
  { target = () => feedTarget(task), platform }: FeedPorts = {},
): ConsumeShard {
  const memories = new Map<string, FeedMemory>();
  let opened: Promise<FeedTarget> | undefined;
  let known: { readonly shape: TableShape; readonly plan: FeedPlan } | undefined;

  return deliveryConsumer<FeedPlan>({
    task: task.name,
    ...(models && { models }),
    ...(platform && { platform }),
    async delivery(key, time) {
      const own = await targetOf();
      const plan = await planOf(own, time);
      const memory = memories.get(`${key.epoch}/${key.shard}`) ?? { opened: false, busyMs: 0 };
      memories.set(`${key.epoch}/${key.shard}`, memory);
      const batch = batchNumber();
      const writer = feedWriter<RunSession, FeedPlan>({
        faultOf: own.dialect.faultOf,
        sessions: { use: (work) => own.sessions.use(work, time) },
        positions: new FeedPositions(key, own.dialect),
        platform: time.database,
        memory,
        ready: async (session, { images }) => images?.ready(session),
        writeRows: async (session, by, part) => writeFeedRows(session, by, await part.load(), batch),
      });

      return {
        ...{ plan, memory, writer },
        replan: () => replan(own, time),
        faultOf: (error) => feedFault(own.dialect, error),
        async after({ unwritten }, line) {
          if (unwritten?.fault.kind === 'other') {
            // The table may have been altered: it is described anew.
            known = undefined;
          }
          await writer.report().catch((error: unknown) => {
            logger.warn('the platform is told with the next batch', { ...line, error });
          });
        },
      };
    },
  });

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
}
