import { InvalidSetting } from '../../core/errors.ts';
import type { Entry, RecordReader, StreamRecord } from '../../core/fdi/row.ts';
import { readRecords } from '../../core/fdi/row.ts';
import type { MessageTrial } from '../../core/fdi/try-message.ts';
import { NO_MODELS } from '../../core/link/model-cache.ts';
import type { InvocationContext } from './batch-consumer.ts';
import type { ConsumerAnswer, ConsumerQuestion } from './consumer-questions.ts';
import type { PresentModels } from './present-plan.ts';
import { isReplay, type ReplayQuestion, type ReplayReply } from './replay-consumer.ts';
import { isRollback, type RollbackQuestion, type RollbackReply } from './rollback-consumer.ts';
import type { SampleMessage } from './trial-consumer.ts';

/** How a task that writes elsewhere shows what would become of a message. */
export interface Trial {
  readonly plan: RecordReader;
  shown(entry: Entry): MessageTrial;
}

export interface DeliveryQuestions {
  readonly task: string;
  /** A message as the source would hand it over. */
  readonly recordOf: (sample: SampleMessage) => StreamRecord;
  /** What counts now; made for each call. */
  readonly models?: () => PresentModels;
  readonly trial: (models: PresentModels) => Promise<Trial>;
  readonly replay: (
    question: ReplayQuestion,
    context: InvocationContext,
    models: PresentModels,
  ) => Promise<ReplayReply>;
  /** Undoes a batch, where that can be done. */
  readonly rollback?: (question: RollbackQuestion, context: InvocationContext) => Promise<RollbackReply>;
}

/** Answers what the management API asks the consumer of a task that writes elsewhere than into the platform's database. */
export function deliveryQuestions({
  task,
  recordOf,
  models = () => NO_MODELS,
  trial,
  replay,
  rollback,
}: DeliveryQuestions): (question: ConsumerQuestion, context: InvocationContext) => Promise<ConsumerAnswer> {
  return async (question, context) => {
    if (isReplay(question)) {
      return replay(question, context, models());
    }
    if (isRollback(question)) {
      return rollback === undefined
        ? refused(`Batches of ${task} cannot be undone: nothing of them is kept.`)
        : rollback(question, context);
    }
    const present = question.trial.productId === undefined ? NO_MODELS : models();
    try {
      const { plan, shown } = await trial(present);
      const [entry] = await readRecords([recordOf(question.trial)], plan, present.load);

      return { answer: shown(entry as Entry) };
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);

      return refused(
        error instanceof InvalidSetting
          ? `Task and target do not go together: ${reason}`
          : `The target cannot be looked at: ${reason}`,
      );
    }
  };
}

function refused(message: string): ConsumerAnswer {
  return { refusal: { code: 'CAUSEWAY.0412', message } };
}
