import { driverProblem } from '../../core/fdi/driver-problem.ts';
import type { DatabaseTarget } from '../../core/fdi/run-destination.ts';
import type { RunSession } from '../../core/fdi/run-session.ts';
import { statement } from '../../core/fdi/run-session.ts';
import type { Checking, SourceCheck } from '../../core/fdi/source-check.ts';
import { sourceProblem } from '../../core/fdi/source-fault.ts';
import { type DeclaredSession, testDeclared, type WrittenTable } from '../../core/fdi/test-declared.ts';
import type { TaskTarget } from '../../core/fdi/topic-task.ts';
import { platformSessions } from './runs/platform-session.ts';
import type { TestSide } from './side-test.ts';

/** A database as a task gets into it. */
export interface TaskLogin {
  readonly kind: 'mysql' | 'postgresql';
  readonly user: string;
  readonly session: RunSession;
}

export type WrittenTarget = Pick<DatabaseTarget, 'place' | 'table' | 'write' | 'rollbackSeconds'>;

/** Tries that a task gets into its database, and that it may do with the table what it does there. @param own tables that it keeps its place in */
export function testTable(
  open: () => Promise<TaskLogin>,
  target: WrittenTarget,
  own: readonly string[],
  checking: Checking,
): Promise<readonly SourceCheck[]> {
  const { place, table, write, rollbackSeconds } = target;
  const rights = rollbackSeconds === undefined ? RIGHTS[write] : ALL;
  const kept = own.map((name): WrittenTable => ({ table: name, rights: ['INSERT', 'UPDATE'], isMade: true }));

  return testDeclared({ now: checking.now, open: () => opened(open) }, [{ table, rights }, ...kept], problemOf(place));
}

/** The same of a table of the platform's database, which keeps all there is to be kept beside it. */
export function testPlatformTable({ table, write, rollbackSeconds }: TaskTarget): TestSide {
  const target: WrittenTarget = {
    ...{ place: 'platform', table, write },
    ...(rollbackSeconds !== undefined && { rollbackSeconds }),
  };

  return (_question, checking) => testTable(platformLogin, target, [], checking);
}

/** Tries that a task gets into its database. */
export function testLogin(
  open: () => Promise<TaskLogin>,
  place: DatabaseTarget['place'],
  { now }: Checking,
): Promise<readonly SourceCheck[]> {
  return testDeclared({ now, open: () => opened(open) }, [], problemOf(place));
}

/** Of the platform's database, over the Data API; else of a driver. */
export function problemOf(place: DatabaseTarget['place']): NonNullable<Checking['problemOf']> {
  return place === 'platform' ? sourceProblem : driverProblem;
}

/** The platform's own, as tasks use it. */
export async function platformLogin(): Promise<TaskLogin> {
  return { kind: 'mysql', user: 'causeway_fdi', session: await platformSessions(undefined)() };
}

const ALL = ['INSERT', 'UPDATE', 'DELETE'] as const;
const RIGHTS: Readonly<Record<DatabaseTarget['write'], WrittenTable['rights']>> = {
  insert: ['INSERT'],
  upsert: ['INSERT', 'UPDATE'],
  delete: ['DELETE'],
};

/** Logged in, which a session proves by its first statement. */
async function opened(open: () => Promise<TaskLogin>) {
  const { kind, user, session } = await open();
  try {
    await session.query(statement('SELECT 1 AS one'));
  } catch (error) {
    await session.close();
    throw error;
  }

  return { kind, user, session: declaredSession(session) };
}

/** Transactions are no statements of the Data API. */
function declaredSession(session: RunSession): DeclaredSession {
  return {
    async run(sql, values = []) {
      if (sql === 'START TRANSACTION') {
        return session.begin();
      }

      return sql === 'ROLLBACK' ? session.rollback() : session.query(statement(sql, values));
    },
    close: () => session.close(),
  };
}
