import { batchNumber } from '../../core/fdi/batch-number.ts';
import {
  type ReplayRejectedAnswer,
  type ReplayRejectedRequest,
  replayRejected,
} from '../../core/fdi/replay-rejected.ts';
import { readRecords } from '../../core/fdi/row.ts';
import type { TopicTask } from '../../core/fdi/topic-task.ts';
import { clientIdOf } from '../../core/link/client-id.ts';
import { NO_MODELS } from '../../core/link/model-cache.ts';
import type { InvocationContext } from './batch-consumer.ts';
import { environment } from './environment.ts';
import { logger } from './logger.ts';
import { type ConsumerReply, type PresentModels, withPresentPlan } from './present-plan.ts';

/** What the management API asks a task's consumer, in place of a batch. Times are ISO 8601. */
export interface ReplayQuestion {
  readonly replay: Omit<ReplayRejectedRequest, 'since' | 'until'> & {
    readonly since?: string;
    readonly until?: string;
  };
}

export type ReplayReply = ConsumerReply<ReplayRejectedAnswer>;

export function isReplay(event: object): event is ReplayQuestion {
  return 'replay' in event;
}

/**
 * Replays records of the task's quarantine, in the place that knows how they become rows.
 *
 * @param models what counts now; made for each call
 */
export function replayConsumer(
  task: TopicTask,
  models: () => PresentModels = () => NO_MODELS,
): (question: ReplayQuestion, context: InvocationContext) => Promise<ReplayReply> {
  return ({ replay: { since, until, ...request } }, context) => {
    const present = models();

    return withPresentPlan(task, present, context, async ({ plan, time }) => {
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

      return answer;
    });
  };
}
