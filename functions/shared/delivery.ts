import type { CloudFormationCustomResourceEvent } from 'aws-lambda';
import { InvalidSetting } from '../../core/errors.ts';
import { batchNumber } from '../../core/fdi/batch-number.ts';
import { planFeed } from '../../core/fdi/feed-plan.ts';
import {
  checkRealtimeTask,
  type DeliveredTask,
  type FeedTask,
  isDocumentTask,
  isFeed,
  memberTask,
  tableTask,
} from '../../core/fdi/feed-task.ts';
import { planOutlet } from '../../core/fdi/outlet-plan.ts';
import type { StreamRecord } from '../../core/fdi/row.ts';
import { isUndone } from '../../core/fdi/run-destination.ts';
import { imageTablesOf } from '../../core/fdi/run-images.ts';
import { documentTrial, feedTrial, outletTrial } from '../../core/fdi/try-message.ts';
import type { ModelCache } from '../../core/link/model-cache.ts';
import type { ConsumeShard, InvocationContext } from './batch-consumer.ts';
import type { ConsumerAnswer, ConsumerQuestion } from './consumer-questions.ts';
import { customResource } from './custom-resource.ts';
import { type DeliveryQuestions, deliveryQuestions, type Trial } from './delivery-questions.ts';
import { deliveryReplay } from './delivery-replay.ts';
import { documentConsumer } from './document-consumer.ts';
import { documentsTarget } from './document-target.ts';
import { feedConsumer } from './feed-consumer.ts';
import { feedTarget } from './feed-target.ts';
import { logger } from './logger.ts';
import { outletConsumer, outletOf } from './outlet-consumer.ts';
import type { PresentModels } from './present-plan.ts';
import { rollbackConsumer } from './rollback-consumer.ts';
import { documentRollback } from './runs/document-rollback.ts';
import { targetDatabase } from './runs/run-databases.ts';
import { taskLanguages } from './task-languages.ts';
import type { SampleMessage } from './trial-consumer.ts';

export interface DeliveryModels {
  readonly models?: ModelCache;
  /** What counts now; made for each call. */
  readonly present?: () => PresentModels;
}

/** What the function of a task does that writes elsewhere than into the platform's database. */
export interface TaskDelivery {
  readonly consume: ConsumeShard;
  readonly answer: (question: ConsumerQuestion, context: InvocationContext) => Promise<ConsumerAnswer>;
}

/** @param recordOf a message as the source would hand it over */
export function taskDelivery(
  task: DeliveredTask,
  recordOf: (sample: SampleMessage) => StreamRecord,
  { models, present }: DeliveryModels = {},
): TaskDelivery {
  return {
    consume: consumerOf(task, models),
    answer: deliveryQuestions({
      ...{ task: task.name, recordOf, trial: trialOf(task), replay: deliveryReplay(task) },
      ...(present && { models: present }),
      ...(isFeed(task) && isUndone(task.target) && { rollback: feedRollback(task) }),
      ...(isDocumentTask(task) &&
        isUndone(task.target) && { rollback: documentRollback({ task: task.name, target: task.target }) }),
    }),
  };
}

function consumerOf(task: DeliveredTask, models: ModelCache | undefined): ConsumeShard {
  if (isDocumentTask(task)) {
    return documentConsumer(task, models);
  }

  return isFeed(task) ? feedConsumer(task, models) : outletConsumer(task, models);
}

function feedRollback({ name, target }: FeedTask): NonNullable<DeliveryQuestions['rollback']> {
  return async (question, context) => {
    const { dialect, open } = await targetDatabase(target.place, name, 'rollback');

    return rollbackConsumer({ task: name, target, tables: imageTablesOf(target.place), dialect, open })(
      question,
      context,
    );
  };
}

/** Joins the task with its target as both are now. @throws InvalidSetting when they do not go together */
function trialOf(task: DeliveredTask): (models?: PresentModels) => Promise<Trial> {
  if (isDocumentTask(task)) {
    return async (models) => {
      const languages = await taskLanguages(memberTask(task));
      const { plan: planned, writer, sessions } = documentsTarget(task);
      try {
        const plan = await planned(models);

        return { plan, shown: (entry) => documentTrial(plan, entry, (row) => writer.show(row), languages.xml) };
      } finally {
        await sessions.close();
      }
    };
  }
  if (!isFeed(task)) {
    return async (models) => {
      const languages = await taskLanguages(memberTask(task));
      const plan = planOutlet(task, outletOf(task), 'trial', models, languages);

      return { plan, shown: (entry) => outletTrial(plan, entry, languages.xml) };
    };
  }

  return async (models) => {
    const languages = await taskLanguages(tableTask(task));
    const { dialect, sessions, describe } = await feedTarget(task);
    try {
      const plan = planFeed(task, dialect, await describe(), models, languages);

      return { plan, shown: (entry) => feedTrial(plan, entry, batchNumber(), languages.xml) };
    } finally {
      await sessions.close();
    }
  };
}

/**
 * The function as its task's custom resource too, since only it knows the target: refuses by name what that cannot take. A target that cannot
 * be reached now is none of the deployment's business: the first batch waits, and says what is wrong.
 */
export function checkedDelivery<Event extends object, Answer>(
  task: DeliveredTask,
  consume: (event: Event, context: InvocationContext) => Promise<Answer>,
) {
  const trial = trialOf(task);
  const check = async () => {
    checkRealtimeTask(task, task.name);
    await trial().catch((error: unknown) => {
      if (error instanceof InvalidSetting) {
        throw error;
      }
      logger.warn('the task cannot be checked against its target now', { task: task.name, error });
    });

    return {};
  };
  const resource = customResource<Readonly<Record<string, never>>>({ create: check, update: check, async delete() {} });

  return async (
    event: Event | CloudFormationCustomResourceEvent,
    context: InvocationContext,
  ): Promise<Answer | undefined> => {
    if ('RequestType' in event) {
      await resource(event, context);

      return undefined;
    }

    return consume(event, context);
  };
}
