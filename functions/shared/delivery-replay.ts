import { setTimeout as delay } from 'node:timers/promises';
import { batchNumber } from '../../core/fdi/batch-number.ts';
import { planFeed } from '../../core/fdi/feed-plan.ts';
import {
  type DeliveredTask,
  type DocumentTask,
  type FeedTask,
  isDocumentTask,
  isFeed,
  memberTask,
  type OutletTask,
  tableTask,
} from '../../core/fdi/feed-task.ts';
import { type OutletPlan, planOutlet } from '../../core/fdi/outlet-plan.ts';
import {
  type DeliveryReplaying,
  documentFeedReplay,
  feedReplay,
  outletTaskReplay,
} from '../../core/fdi/replay-delivery.ts';
import { type ReplayRejectedAnswer, type ReplayRejectedRequest, replayHeld } from '../../core/fdi/replay-held.ts';
import { readRecords } from '../../core/fdi/row.ts';
import type { OutgoingRow } from '../../core/fdi/run-outlet.ts';
import type { InvocationContext } from './batch-consumer.ts';
import { database } from './database.ts';
import { documentsTarget } from './document-target.ts';
import { feedTarget } from './feed-target.ts';
import { outletOf } from './outlet-consumer.ts';
import type { PresentModels } from './present-plan.ts';
import { clientIdHere, logReplayed, type ReplayQuestion, type ReplayReply, replayRequest } from './replay-consumer.ts';
import { replayBudget, replayFault } from './replay-elsewhere.ts';
import { platformSessions } from './runs/platform-session.ts';
import { taskLanguages } from './task-languages.ts';

/** Replays records of a task that writes elsewhere than into the platform's database, in the place that knows how. */
export function deliveryReplay(task: DeliveredTask) {
  return async (question: ReplayQuestion, context: InvocationContext, models: PresentModels): Promise<ReplayReply> => {
    const own: DeliveryReplaying = {
      platform: database(),
      read: (records, plan) => readRecords(records, plan, models.load),
      clientIdOf: clientIdHere,
    };
    const request = replayRequest(question);
    try {
      return { answer: logReplayed(task.name, await replayed(task, own, models, request, context)) };
    } catch (error) {
      return replayFault(error);
    }
  };
}

function replayed(
  task: DeliveredTask,
  own: DeliveryReplaying,
  models: PresentModels,
  request: ReplayRejectedRequest,
  context: InvocationContext,
): Promise<ReplayRejectedAnswer> {
  if (isDocumentTask(task)) {
    return intoDocuments(task, own, models, request);
  }

  return isFeed(task) ? intoDatabase(task, own, models, request) : intoOutlet(task, own, models, request, context);
}

async function intoDocuments(
  task: DocumentTask,
  own: DeliveryReplaying,
  models: PresentModels,
  request: ReplayRejectedRequest,
): Promise<ReplayRejectedAnswer> {
  const { sessions, writer, plan } = documentsTarget(task);
  try {
    const way = documentFeedReplay({
      ...{ ...own, sessions, writer, plan: await plan(models), session: platformSessions(undefined) },
      ...{ pause: (ms) => delay(ms), random: Math.random },
    });

    return await replayHeld(own.platform, way, request);
  } finally {
    await sessions.close();
  }
}

async function intoDatabase(
  task: FeedTask,
  own: DeliveryReplaying,
  models: PresentModels,
  request: ReplayRejectedRequest,
): Promise<ReplayRejectedAnswer> {
  const { dialect, sessions, describe } = await feedTarget(task);
  try {
    const plan = planFeed(task, dialect, await describe(), models, await taskLanguages(tableTask(task)));
    const way = feedReplay({
      ...{ ...own, plan, dialect, sessions, batch: batchNumber(), session: platformSessions(undefined) },
      ...{ pause: (ms) => delay(ms), random: Math.random },
    });

    return await replayHeld(own.platform, way, request);
  } finally {
    await sessions.close();
  }
}

async function intoOutlet(
  task: OutletTask,
  own: DeliveryReplaying,
  models: PresentModels,
  request: ReplayRejectedRequest,
  context: InvocationContext,
): Promise<ReplayRejectedAnswer> {
  const outlet = outletOf(task);
  const languages = await taskLanguages(memberTask(task));
  const plans = new Map<string, OutletPlan<OutgoingRow>>();
  const planOf = (scope: string) => {
    const plan = plans.get(scope) ?? planOutlet(task, outlet, scope, models, languages);
    plans.set(scope, plan);

    return plan;
  };

  const way = outletTaskReplay({ ...own, task, outlet, planOf, isOver: replayBudget(context) });
  try {
    return await replayHeld(own.platform, way, request);
  } finally {
    await outlet.close();
  }
}
