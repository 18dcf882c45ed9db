import { InvalidSetting } from '../../core/errors.ts';
import type { Entry, RecordReader, StreamRecord } from '../../core/fdi/row.ts';
import { readRecords } from '../../core/fdi/row.ts';
import type { MessageTrial } from '../../core/fdi/try-message.ts';
import { NO_MODELS } from '../../core/link/model-cache.ts';
import type { ConsumerAnswer, ConsumerQuestion } from './consumer-questions.ts';
import type { PresentModels } from './present-plan.ts';
import { isTrial, type SampleMessage } from './trial-consumer.ts';

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
}

/** Answers what the management API asks the consumer of a task that writes elsewhere than into the platform's database. */
export function deliveryQuestions({
  task,
  recordOf,
  models = () => NO_MODELS,
  trial,
}: DeliveryQuestions): (question: ConsumerQuestion) => Promise<ConsumerAnswer> {
  return async (question) => {
    if (!isTrial(question)) {
      return refused(
        `${task} writes elsewhere than into the platform's database: what it could not write is not replayed there. Correct the mapping or the target, and let the messages be read again (causeway task reset ${task} --to <time>).`,
      );
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
