import { type ErrorCode, InvalidSetting, Refusal } from '../../core/errors.ts';
import { batchNumber } from '../../core/fdi/batch-number.ts';
import { COLUMNS_SQL, columnsFrom } from '../../core/fdi/column.ts';
import { planTask } from '../../core/fdi/plan.ts';
import {
  type ReplayRejectedAnswer,
  type ReplayRejectedRequest,
  replayRejected,
} from '../../core/fdi/replay-rejected.ts';
import { readRecords } from '../../core/fdi/row.ts';
import { textParameter } from '../../core/fdi/statement.ts';
import type { TopicTask } from '../../core/fdi/topic-task.ts';
import { clientIdOf } from '../../core/link/client-id.ts';
import type { ModelCache } from '../../core/link/model-cache.ts';
import { NO_MODELS } from '../../core/link/model-cache.ts';
import type { InvocationContext } from './batch-consumer.ts';
import { database } from './database.ts';
import { deadline } from './deadline.ts';
import { environment } from './environment.ts';
import { logger } from './logger.ts';
import { taskLanguages } from './task-languages.ts';

/** What the management API asks a task's consumer, in place of a batch. Times are ISO 8601. */
export interface ReplayQuestion {
  readonly replay: Omit<ReplayRejectedRequest, 'since' | 'until'> & {
    readonly since?: string;
    readonly until?: string;
  };
}

/** Refusals are answered, not thrown: what a function throws arrives as a fault. */
export type ReplayReply =
  | { readonly answer: ReplayRejectedAnswer }
  | { readonly refusal: { readonly code: ErrorCode; readonly message: string } };

/** The gateway's caller waits no longer. */
const BUDGET_MS = 25_000;
const RESERVE_MS = 2000;
const UNJUDGED: Pick<ModelCache, 'of' | 'load'> = NO_MODELS;

export function isReplay(event: object): event is ReplayQuestion {
  return 'replay' in event;
}

/**
 * Replays records of the task's quarantine, in the place that knows how they become rows: the mapping is the consumer's own, the table's columns
 * and the models are read anew.
 *
 * @param models what counts now; made for each call
 */
export function replayConsumer(
  task: TopicTask,
  models: () => Pick<ModelCache, 'of' | 'load'> = () => UNJUDGED,
): (question: ReplayQuestion, context: InvocationContext) => Promise<ReplayReply> {
  return async ({ replay: { since, until, ...request } }, context) => {
    const time = deadline(database(), Math.min(BUDGET_MS, context.getRemainingTimeInMillis() - RESERVE_MS));
    try {
      const { rows } = await time.database.execute(COLUMNS_SQL, [textParameter('table', task.target.table)], {
        json: true,
      });
      const present = models();
      const plan = planTask(task, columnsFrom(rows), present, await taskLanguages(task));
      const answer = await replayRejected(
        {
          ...{ database: time.database, plan, batch: batchNumber(), pause: time.pause, random: Math.random },
          read: (records) => readRecords(records, plan, present.load),
          clientIdOf: (productId, deviceId) =>
            clientIdOf({ environment: environment('CAUSEWAY_ENVIRONMENT'), productId, deviceId }),
        },
        {
          ...request,
          ...(since !== undefined && { since: new Date(since) }),
          ...(until !== undefined && { until: new Date(until) }),
        },
      );
      const { written, refused, missing } = answer;
      logger.info('replayed', { task: task.name, written, refused: refused.length, missing: missing.length });

      return { answer };
    } catch (error) {
      if (error instanceof Refusal) {
        return { refusal: { code: error.code, message: error.message } };
      }
      if (error instanceof InvalidSetting) {
        return { refusal: { code: 'CAUSEWAY.0412', message: `Task and table do not go together: ${error.message}` } };
      }
      throw error;
    } finally {
      time.end();
    }
  };
}
