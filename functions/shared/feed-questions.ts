import { InvalidSetting } from '../../core/errors.ts';
import { batchNumber } from '../../core/fdi/batch-number.ts';
import { planFeed } from '../../core/fdi/feed-plan.ts';
import { type FeedTask, tableTask } from '../../core/fdi/feed-task.ts';
import { readRecords, type StreamRecord } from '../../core/fdi/row.ts';
import { feedTrial } from '../../core/fdi/try-message.ts';
import { NO_MODELS } from '../../core/link/model-cache.ts';
import type { ConsumerAnswer, ConsumerQuestion } from './consumer-questions.ts';
import { type FeedTarget, feedTarget } from './feed-target.ts';
import type { PresentModels } from './present-plan.ts';
import { isReplay } from './replay-consumer.ts';
import { isRollback } from './rollback-consumer.ts';
import { taskLanguages } from './task-languages.ts';
import type { SampleMessage, TrialQuestion } from './trial-consumer.ts';

/**
 * What the management API asks the consumer of a task into another database.
 *
 * @param recordOf a message as the source would hand it over
 * @param models what counts now; made for each call
 */
export function feedQuestions(
  task: FeedTask,
  recordOf: (sample: SampleMessage) => StreamRecord,
  models: () => PresentModels = () => NO_MODELS,
  target: () => Promise<FeedTarget> = () => feedTarget(task),
): (question: ConsumerQuestion) => Promise<ConsumerAnswer> {
  async function tryMessage({ trial }: TrialQuestion): Promise<ConsumerAnswer> {
    const present = trial.productId === undefined ? NO_MODELS : models();
    const languages = await taskLanguages(tableTask(task));
    const own = await target();
    try {
      const plan = planFeed(task, own.dialect, await own.describe(), present, languages);
      const [entry] = await readRecords([recordOf(trial)], plan, present.load);

      return { answer: feedTrial(plan, entry as NonNullable<typeof entry>, batchNumber(), languages.xml) };
    } finally {
      await own.sessions.close();
    }
  }

  return async (question) => {
    if (isReplay(question)) {
      return refused(
        `${task.name} writes into another database: what it could not write is not replayed there. Correct the mapping or the table, and let the messages be read again (causeway task reset ${task.name} --to <time>).`,
      );
    }
    if (isRollback(question)) {
      return refused(`${task.name} writes into another database as messages come: of such rows nothing is kept yet.`);
    }
    try {
      return await tryMessage(question);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);

      return refused(
        error instanceof InvalidSetting
          ? `Task and table do not go together: ${reason}`
          : `The target's table cannot be looked at: ${reason}`,
      );
    }
  };
}

function refused(message: string): ConsumerAnswer {
  return { refusal: { code: 'CAUSEWAY.0412', message } };
}
