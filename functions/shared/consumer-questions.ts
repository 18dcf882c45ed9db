import type { StreamRecord } from '../../core/fdi/row.ts';
import type { TopicTask } from '../../core/fdi/topic-task.ts';
import type { InvocationContext } from './batch-consumer.ts';
import type { PresentModels } from './present-plan.ts';
import { isReplay, type ReplayQuestion, type ReplayReply, replayConsumer } from './replay-consumer.ts';
import { isTrial, type SampleMessage, type TrialQuestion, type TrialReply, trialConsumer } from './trial-consumer.ts';

/** What the management API asks a task's consumer, in place of a batch. */
export type ConsumerQuestion = ReplayQuestion | TrialQuestion;
export type ConsumerAnswer = ReplayReply | TrialReply;

export function isQuestion(event: object): event is ConsumerQuestion {
  return isReplay(event) || isTrial(event);
}

/**
 * Replays what the task has in quarantine, or shows what would become of a message.
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

  return (question, context) => (isReplay(question) ? replay(question, context) : tryMessage(question, context));
}
