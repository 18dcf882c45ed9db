import { PLATFORM_IMAGES } from '../../core/fdi/before-image.ts';
import type { StreamRecord } from '../../core/fdi/row.ts';
import { mysqlDialect } from '../../core/fdi/run-mysql.ts';
import type { TopicTask } from '../../core/fdi/topic-task.ts';
import type { InvocationContext } from './batch-consumer.ts';
import { database } from './database.ts';
import type { PresentModels } from './present-plan.ts';
import { isReplay, type ReplayQuestion, type ReplayReply, replayConsumer } from './replay-consumer.ts';
import { isRollback, type RollbackQuestion, type RollbackReply, rollbackConsumer } from './rollback-consumer.ts';
import { platformSessions } from './runs/platform-session.ts';
import { isTrial, type SampleMessage, type TrialQuestion, type TrialReply, trialConsumer } from './trial-consumer.ts';

/** What the management API asks a task's consumer, in place of a batch. */
export type ConsumerQuestion = ReplayQuestion | RollbackQuestion | TrialQuestion;
export type ConsumerAnswer = ReplayReply | RollbackReply | TrialReply;

export function isQuestion(event: object): event is ConsumerQuestion {
  return isReplay(event) || isRollback(event) || isTrial(event);
}

/**
 * Replays what the task has in quarantine, undoes a batch, or shows what would become of a message.
 *
 * @param recordOf a message as the source would hand it over
 * @param models what counts now; made for each call
 */
export function consumerQuestions(
  task: TopicTask,
  recordOf: (sample: SampleMessage) => StreamRecord,
  models?: () => PresentModels,
): (question: ConsumerQuestion, context: InvocationContext) => Promise<ConsumerAnswer> {
  const replay = replayConsumer(task, models);
  const tryMessage = trialConsumer(task, recordOf, models);

  const rollback = rollbackConsumer({
    ...{ task: task.name, target: task.target, tables: PLATFORM_IMAGES, dialect: mysqlDialect },
    open: platformSessions(task.name, database, 'rollback'),
  });

  return (question, context) => {
    if (isReplay(question)) {
      return replay(question, context);
    }

    return isRollback(question) ? rollback(question, context) : tryMessage(question, context);
  };
}
