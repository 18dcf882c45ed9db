import { batchNumber } from '../../core/fdi/batch-number.ts';
import type { ReplayRejectedAnswer, ReplayRejectedRequest } from '../../core/fdi/replay-held.ts';
import type { ClientIdOf } from '../../core/fdi/replay-message.ts';
import { replayRejected } from '../../core/fdi/replay-rejected.ts';
import { readRecords, type StreamRecord } from '../../core/fdi/row.ts';
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

/** What is asked for. */
export function replayRequest({ replay: { since, until, ...request } }: ReplayQuestion): ReplayRejectedRequest {
  return {
    ...request,
    ...(since !== undefined && { since: new Date(since) }),
    ...(until !== undefined && { until: new Date(until) }),
  };
}

/** Says what has become of the records in the function's log. */
export function logReplayed<Answer extends ReplayRejectedAnswer>(task: string, answer: Answer): Answer {
  const { written, refused, missing } = answer;
  logger.info('replayed', { task, written, refused: refused.length, missing: missing.length });

  return answer;
}

/** As devices of this environment are called. */
export const clientIdHere: ClientIdOf = (productId, deviceId) =>
  clientIdOf({ environment: environment('CAUSEWAY_ENVIRONMENT'), productId, deviceId });

/**
 * Replays records of the task's quarantine, in the place that knows how they become rows.
 *
 * @param models what counts now; made for each call
 */
export function replayConsumer(
  task: TopicTask,
  models: () => PresentModels = () => NO_MODELS,
): (question: ReplayQuestion, context: InvocationContext) => Promise<ReplayReply> {
  return (question, context) => {
    const present = models();

    return withPresentPlan(task, present, context, async ({ plan, time }) => {
      const ports = { database: time.database, plan, batch: batchNumber(), pause: time.pause, random: Math.random };
      const read = (records: readonly StreamRecord[]) => readRecords(records, plan, present.load);

      return logReplayed(
        task.name,
        await replayRejected({ ...ports, read, clientIdOf: clientIdHere }, replayRequest(question)),
      );
    });
  };
}
