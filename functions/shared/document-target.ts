import { type DocumentFeedPlan, memberFields, planDocumentFeed } from '../../core/fdi/document-feed-plan.ts';
import { DocumentPositions } from '../../core/fdi/document-positions.ts';
import { sessionFate } from '../../core/fdi/feed-fault.ts';
import { FeedSessions, type SessionGuard } from '../../core/fdi/feed-sessions.ts';
import { type DocumentTask, memberTask } from '../../core/fdi/feed-task.ts';
import { outletRun } from '../../core/fdi/outlet-plan.ts';
import { mongoFault } from '../../core/fdi/run-mongo-fault.ts';
import type { MongoSession, OpenMongo } from '../../core/fdi/run-mongo-port.ts';
import { DocumentWriter } from '../../core/fdi/run-mongo-writer.ts';
import type { ProductModels } from '../../core/link/model-cache.ts';
import type { Deadline } from './deadline.ts';
import { runMongo } from './runs/run-mongo.ts';
import { taskLanguages } from './task-languages.ts';

/** A MongoDB, its connections and what writes into its collection, kept from batch to batch. */
export interface DocumentsTarget {
  readonly sessions: FeedSessions<MongoSession>;
  readonly writer: DocumentWriter;
  /**
   * Joins the task with its collection as it is now; the positions' own is made where it is missing.
   *
   * @throws InvalidSetting when they do not go together
   */
  plan(models?: Pick<ProductModels, 'of'>, guard?: SessionGuard<MongoSession>): Promise<DocumentFeedPlan>;
}

const FAULTS = { faultOf: mongoFault };

export function documentsTarget(task: DocumentTask, open: OpenMongo = runMongo('TARGET')): DocumentsTarget {
  const sessions = new FeedSessions<MongoSession>({ open, fateOf: (error) => sessionFate(FAULTS, error) });
  const writer = new DocumentWriter({ task: outletRun(task), target: task.target });

  async function plan(
    models: Pick<ProductModels, 'of'> | undefined,
    guard: SessionGuard<MongoSession> | undefined,
  ): Promise<DocumentFeedPlan> {
    const documents = await sessions.use(async (session) => {
      const joined = await writer.plan(session, memberFields(task));
      await DocumentPositions.prepare(session, task.name);

      return joined;
    }, guard);

    return planDocumentFeed(task, documents, models, await taskLanguages(memberTask(task)));
  }

  return {
    sessions,
    writer,
    // A connection that was lost since the last batch is met here first.
    plan: (models, guard) =>
      plan(models, guard).catch((error: unknown) => {
        if (mongoFault(error).kind !== 'passing') {
          throw error;
        }

        return plan(models, guard);
      }),
  };
}

/** Ends the calls of sessions when the invocation's time is over. */
export function documentGuard({ inTime, farewell }: Pick<Deadline, 'inTime' | 'farewell'>): SessionGuard<MongoSession> {
  return {
    inTime,
    session: (own) => ({
      command: (command, timeMs) => inTime(own.command(command, timeMs)),
      begin: () => inTime(own.begin()),
      commit: () => inTime(own.commit()),
      rollback: () => farewell(own.rollback()),
      close: () => own.close(),
    }),
  };
}
