import { setTimeout as delay } from 'node:timers/promises';
import { InvalidSetting } from '../../core/errors.ts';
import {
  type RollbackAnswer,
  type RollbackPorts,
  type RollbackRequest,
  rollbackBatch,
} from '../../core/fdi/rollback-batch.ts';
import type { InvocationContext } from './batch-consumer.ts';
import { logger } from './logger.ts';
import { BUDGET_MS, type ConsumerReply, refusalOf } from './present-plan.ts';

/** What the management API asks the function of a task, which has the right to its tables. */
export interface RollbackQuestion {
  readonly rollback: RollbackRequest;
}

export type RollbackReply = ConsumerReply<RollbackAnswer>;

export function isRollback(event: object): event is RollbackQuestion {
  return 'rollback' in event;
}

/** Undoes a batch of the task. */
export function rollbackConsumer(
  ports: Omit<RollbackPorts, 'remainingMs' | 'pause'>,
): (
  question: RollbackQuestion,
  context: Pick<InvocationContext, 'getRemainingTimeInMillis'>,
) => Promise<RollbackReply> {
  return async ({ rollback }, context) => {
    const end = performance.now() + Math.min(BUDGET_MS, context.getRemainingTimeInMillis());
    const remainingMs = () => end - performance.now();
    try {
      const answer = await rollbackBatch({ ...ports, remainingMs, pause: (ms) => delay(ms) }, rollback);
      const { examples: _shown, ...counts } = answer;
      if (rollback.preview !== true) {
        logger.warn('batch undone', { task: ports.task, by: rollback.by, ...counts });
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
