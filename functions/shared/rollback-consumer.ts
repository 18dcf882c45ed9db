import { setTimeout as delay } from 'node:timers/promises';
import { InvalidSetting } from '../../core/errors.ts';
import type { BatchesRequest } from '../../core/fdi/batch-entry.ts';
import { EXTERNAL_IMAGES } from '../../core/fdi/before-image.ts';
import { copyUndone } from '../../core/fdi/copy-undone.ts';
import { expireImages } from '../../core/fdi/expire-images.ts';
import { type BatchesAnswer, listBatches } from '../../core/fdi/list-batches.ts';
import {
  type RollbackAnswer,
  type RollbackPorts,
  type RollbackRequest,
  rollbackBatch,
} from '../../core/fdi/rollback-batch.ts';
import type { InvocationContext } from './batch-consumer.ts';
import { type Database, database, text } from './database.ts';
import { logger } from './logger.ts';
import { BUDGET_MS, type ConsumerReply, refusalOf } from './present-plan.ts';

/**
 * What the management API asks the function of a task, which has the right to its tables: undo a batch, or list them. Once a day it is told to
 * remove what is kept no longer.
 */
export type RollbackQuestion =
  | { readonly rollback: RollbackRequest }
  | { readonly batches: BatchesRequest }
  | { readonly expire: true };
export type RollbackReply = ConsumerReply<RollbackAnswer | BatchesAnswer | { readonly removed: number }>;

export function isRollback(event: object): event is RollbackQuestion {
  return 'rollback' in event || 'batches' in event || 'expire' in event;
}

/** How a task's batches are undone, wherever it writes. */
export interface RollbackWays {
  readonly task: string;
  readonly rollback: (request: RollbackRequest, remainingMs: () => number) => Promise<RollbackAnswer>;
  readonly batches: (request: BatchesRequest) => Promise<BatchesAnswer>;
  /** Removes what is kept no longer. @returns how many images */
  readonly expire: (remainingMs: () => number) => Promise<number>;
  /** Tells the platform's database what was undone of a batch, where that is noted elsewhere. */
  readonly copy?: (platform: Database, batch: string) => Promise<void>;
}

type Answering = (
  question: RollbackQuestion,
  context: Pick<InvocationContext, 'getRemainingTimeInMillis'>,
) => Promise<RollbackReply>;

/** Undoes a batch of a task into a table, or lists those that can be. */
export function rollbackConsumer(ports: Omit<RollbackPorts, 'remainingMs' | 'pause'>): Answering {
  const { task, tables, dialect, open } = ports;

  return rollbackBy({
    task,
    rollback: (request, remainingMs) => rollbackBatch({ ...ports, remainingMs, pause: (ms) => delay(ms) }, request),
    batches: (request) => listBatches(ports, request),
    expire: (remainingMs) => expireImages({ ...ports, remainingMs }),
    ...(tables === EXTERNAL_IMAGES && {
      copy: (platform: Database, batch: string) => copyUndone(platform, { task, batch }, { dialect, open }),
    }),
  });
}

/** The same, wherever it writes. */
export function rollbackBy(ways: RollbackWays): Answering {
  return async (question, context) => {
    if ('batches' in question) {
      return listed(ways, question.batches);
    }
    const end = performance.now() + Math.min(BUDGET_MS, context.getRemainingTimeInMillis());
    const remainingMs = () => end - performance.now();
    if ('expire' in question) {
      return expired(ways, remainingMs);
    }
    const { rollback } = question;
    try {
      const answer = await ways.rollback(rollback, remainingMs);
      const { examples: _shown, ...counts } = answer;
      if (rollback.preview !== true) {
        logger.warn('batch undone', { task: ways.task, by: rollback.by, ...counts });
        await told(ways, rollback.batch);
      }

      return { answer };
    } catch (error) {
      if (error instanceof InvalidSetting) {
        return { refusal: { code: 'CAUSEWAY.0400', message: error.message } };
      }
      return refusalOf(error);
    }
  };
}

/** What was undone is undone, whether the platform can be told or not; a repeated command tells it. */
async function told({ task, copy }: RollbackWays, batch: string) {
  try {
    const platform = database();
    // What had been replayed may be gone with the batch: a run that reads it again has to quarantine it.
    await platform.execute('DELETE FROM causeway.replayed WHERE Task = :task', [text('task', task)]);
    await copy?.(platform, batch);
  } catch (error) {
    logger.warn('the platform is not told what was undone', { task, batch, error });
  }
}

async function listed({ batches }: RollbackWays, request: BatchesRequest): Promise<ConsumerReply<BatchesAnswer>> {
  try {
    return { answer: await batches(request) };
  } catch (error) {
    if (error instanceof InvalidSetting) {
      return { refusal: { code: 'CAUSEWAY.0412', message: error.message } };
    }
    return refusalOf(error);
  }
}

/** Never throws: what cannot be removed today can be tomorrow, and is nobody's alarm. */
async function expired(
  { task, expire }: RollbackWays,
  remainingMs: () => number,
): Promise<ConsumerReply<{ readonly removed: number }>> {
  try {
    const removed = await expire(remainingMs);
    logger.info('what was kept of old batches is removed', { task, removed });

    return { answer: { removed } };
  } catch (error) {
    logger.warn('what was kept of old batches is not removed now', { task, error });

    return { answer: { removed: 0 } };
  }
}
