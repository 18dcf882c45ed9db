import { feedFault, sessionFate } from '../../core/fdi/feed-fault.ts';
import { describeTarget } from '../../core/fdi/feed-plan.ts';
import { FeedPositions } from '../../core/fdi/feed-position.ts';
import { FeedSessions, type SessionGuard } from '../../core/fdi/feed-sessions.ts';
import type { FeedTask } from '../../core/fdi/feed-task.ts';
import type { RunDialect, TableShape } from '../../core/fdi/run-dialect.ts';
import { makeImageTables } from '../../core/fdi/run-images.ts';
import { type RunSession, statement } from '../../core/fdi/run-session.ts';
import { targetDatabase } from './runs/run-databases.ts';

/** A database, its connections and what is known of it, kept from batch to batch. */
export interface FeedTarget {
  readonly dialect: RunDialect;
  readonly sessions: FeedSessions;
  /** The table as it is now; the positions' own is made where it is missing. @throws InvalidSetting */
  describe(guard?: SessionGuard): Promise<TableShape>;
}

export interface FeedDatabase {
  readonly dialect: RunDialect;
  readonly open: () => Promise<RunSession>;
}

/** @param database asked for whenever a connection is made: passwords rotate */
export async function feedTarget(
  task: FeedTask,
  database: () => Promise<FeedDatabase> = () => targetDatabase(task.target.place, task.name),
): Promise<FeedTarget> {
  const { dialect } = await database();
  const sessions = new FeedSessions({
    async open() {
      const session = await (await database()).open();
      for (const sql of dialect.brief) {
        await session.change(statement(sql));
      }

      return session;
    },
    fateOf: (error) => sessionFate(dialect, error),
  });
  let isPrepared = false;

  return {
    dialect,
    sessions,
    // A connection that was lost since the last batch is met here first.
    describe: (guard) => onceMore(dialect, () => sessions.use(describe, guard)),
  };

  async function describe(session: RunSession): Promise<TableShape> {
    const shape = await describeTarget(task, dialect, session);
    if (!isPrepared) {
      await FeedPositions.prepare(session, dialect, task.name);
      if (task.target.rollbackSeconds !== undefined) {
        await makeImageTables(session, task.name, dialect);
      }
      isPrepared = true;
    }

    return shape;
  }
}

async function onceMore<Answer>(dialect: RunDialect, work: () => Promise<Answer>): Promise<Answer> {
  try {
    return await work();
  } catch (error) {
    if (feedFault(dialect, error).kind !== 'connection') {
      throw error;
    }

    return work();
  }
}
