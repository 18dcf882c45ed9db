import type { OpenSession, RunSession } from '../../../../core/fdi/run-session.ts';
import type { TaskDatabase } from '../../../../core/fdi/shard-writer.ts';
import { database } from '../../../../functions/shared/database.ts';
import type { Side } from '../scheduled/databases.ts';

export interface Mortal {
  readonly side: Side;
  readonly platform: () => TaskDatabase;
  /** Other sessions of the same process. @param isCut its transactions end with it; those of the Data API do not */
  readonly dying: (open: OpenSession, isCut?: boolean) => OpenSession;
  readonly steps: () => number;
}

/**
 * Databases whose caller dies before or behind its nth call, as a process that is killed: connections are cut, and nothing is said any more.
 *
 * @param isBroken delivery broken on purpose: the position, or the marker of a replay, is there in a transaction of its own, before the rows
 */
export function mortal(side: Side, step: number, isBroken = false): Mortal {
  let steps = 0;
  const sessions = new Set<RunSession>();
  const dead = new Error('the process was killed');
  const pass = async () => {
    steps += 1;
    if (steps >= step) {
      await Promise.all([...sessions].map((session) => session.close()));
      throw dead;
    }
  };
  const around = async <Answer>(work: () => Promise<Answer>): Promise<Answer> => {
    await pass();
    const answer = await work();
    await pass();

    return answer;
  };

  const dying =
    (open: OpenSession, isCut = true): OpenSession =>
    async () => {
      const session = await around(open);
      if (isCut) {
        sessions.add(session);
      }

      return {
        query: (statement, timeMs) => around(() => session.query(statement, timeMs)),
        change: (statement) =>
          around(async () => {
            const changed = await session.change(statement);
            if (isBroken && /^(?:UPDATE causeway_feed|INSERT INTO causeway_replayed)/.test(statement.sql)) {
              await session.commit();
              await pass();
              await session.begin();
            }

            return changed;
          }),
        begin: () => around(() => session.begin()),
        commit: () => around(() => session.commit()),
        rollback: async () => (steps >= step ? undefined : session.rollback()),
        close: async () => (steps >= step && !isCut ? undefined : session.close()),
      };
    };

  return {
    steps: () => steps,
    dying,
    side: {
      dialect: {
        ...side.dialect,
        faultOf: (error) => (error === dead ? { kind: 'lasting', message: dead.message } : side.dialect.faultOf(error)),
      },
      open: dying(() => side.open()),
    },
    platform() {
      const platform = database();

      return {
        ...platform,
        execute: (sql, parameters, options) => around(() => platform.execute(sql, [...parameters], options)),
      };
    },
  };
}
