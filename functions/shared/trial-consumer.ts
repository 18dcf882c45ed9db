import { batchNumber } from '../../core/fdi/batch-number.ts';
import { readRecords, type StreamRecord } from '../../core/fdi/row.ts';
import type { TopicTask } from '../../core/fdi/topic-task.ts';
import { type MessageTrial, messageTrial } from '../../core/fdi/try-message.ts';
import { NO_MODELS } from '../../core/link/model-cache.ts';
import type { InvocationContext } from './batch-consumer.ts';
import { type ConsumerReply, type PresentModels, withPresentPlan } from './present-plan.ts';

/** A message that is not written, only shown on its way. */
export interface SampleMessage {
  /** Its bytes in base64. */
  readonly payload: string;
  /** Of the device that would send it; without them, no thing model judges it. */
  readonly productId?: string;
  readonly deviceId?: string;
  readonly clientId?: string;
  /** Milliseconds since 1970. @default - now */
  readonly eventTime?: number;
  /** Of a Kafka record: its key. */
  readonly key?: string;
}

export interface TrialQuestion {
  readonly trial: SampleMessage;
}

export type TrialReply = ConsumerReply<MessageTrial>;

/** What stands for a message that has none. */
export const TRIAL_TRACE = 'trial';

export function isTrial(event: object): event is TrialQuestion {
  return 'trial' in event;
}

/**
 * Shows what would become of a message, in the place that knows how it becomes a row. Writes nothing.
 *
 * @param recordOf the message as the source would hand it over
 * @param models what counts now; made for each call
 */
export function trialConsumer(
  task: TopicTask,
  recordOf: (sample: SampleMessage) => StreamRecord,
  models: () => PresentModels = () => NO_MODELS,
): (question: TrialQuestion, context: InvocationContext) => Promise<TrialReply> {
  return ({ trial }, context) => {
    const present = trial.productId === undefined ? NO_MODELS : models();

    return withPresentPlan(task, present, context, async ({ plan, languages }) => {
      const [entry] = await readRecords([recordOf(trial)], plan, present.load);

      return messageTrial(plan, entry as NonNullable<typeof entry>, batchNumber(), languages.xml);
    });
  };
}
