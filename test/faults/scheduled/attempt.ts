import { databaseReader } from '../../../core/fdi/run-database-reader.ts';
import { databaseTarget } from '../../../core/fdi/run-database-target.ts';
import type { ScheduledTask } from '../../../core/fdi/run-definition.ts';
import type { DatabaseTarget } from '../../../core/fdi/run-destination.ts';
import type { RunDialect } from '../../../core/fdi/run-dialect.ts';
import { runTask } from '../../../core/fdi/run-loop.ts';
import { mysqlDialect } from '../../../core/fdi/run-mysql.ts';
import { postgresqlDialect } from '../../../core/fdi/run-postgresql.ts';
import { runQuarantine } from '../../../core/fdi/run-quarantine.ts';
import type { OpenSession } from '../../../core/fdi/run-session.ts';
import type { DatabaseSource } from '../../../core/fdi/run-source.ts';
import { type DatabaseLogin, driverSessions } from '../../../functions/shared/runs/driver-session.ts';
import { platformSessions } from '../../../functions/shared/runs/platform-session.ts';
import type { SourceDriver } from '../../../functions/shared/sources/source.ts';
import { createSourcePool } from '../../../functions/shared/sources/source-pool.ts';
import { broken, type Variant } from './broken.ts';
import { type Pass, stepped } from './stepped.ts';

/** A database and its login; the platform's own needs none, since the environment names it. */
export type Side =
  | { readonly kind: 'platform' }
  | ({ readonly kind: 'mysql' | 'postgresql' } & Required<Pick<DatabaseLogin, 'url' | 'user' | 'password'>>);

/** What an attempt is to run. */
export interface Order {
  readonly task: ScheduledTask;
  readonly source: Side;
  readonly target: Side;
  /** Delivery broken on purpose. */
  readonly variant?: Variant;
}

/** How it went. */
export interface AttemptReport {
  readonly end: string;
  readonly message?: string;
  readonly read: number;
  readonly written: number;
  readonly unchanged: number;
  readonly rejected: number;
}

/** One attempt at a run, as a function of the task makes it. @param pass waited for before and behind every call of a database */
export async function attempt({ task, source, target, variant }: Order, pass: Pass): Promise<AttemptReport> {
  const {
    reader,
    target: writing,
    close,
  } = sidesOf({ task, source, target, ...(variant !== undefined && { variant }) }, pass);
  try {
    const { end, counts } = await runTask({
      reader,
      target: writing,
      quarantine: runQuarantine(platformSessions(undefined), task.name, 'source'),
      observer: { claimed: async () => undefined, moved: async () => undefined },
      claim: { id: 'run' },
      remainingMs: () => 600_000,
      isStopped: async () => false,
      pause: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
      now: () => performance.now(),
    });
    const { read, written, unchanged, rejected } = counts;

    return {
      ...{ end: end.kind, read, written, unchanged, rejected },
      ...(end.kind === 'failed' && { message: end.message }),
    };
  } finally {
    await Promise.all([reader.close(), writing.close()]);
    close();
  }
}

/** Both sides of an order's task. */
export function sidesOf({ task, source, target, variant }: Order, pass: Pass) {
  const pool = createSourcePool({
    driver: (kind) => import(`../../../functions/drivers/${kind}.ts`) as Promise<SourceDriver>,
  });
  const sessions = (side: Side, name: string | undefined): OpenSession =>
    side.kind === 'platform' ? platformSessions(name) : driverSessions(pool, side);

  return {
    reader: databaseReader({
      source: task.source as DatabaseSource,
      dialect: dialectOf(source),
      open: stepped(sessions(source, undefined), 'source', pass),
      pageSize: task.pageSize,
      where: task.name,
    }),
    target: databaseTarget({
      task,
      target: task.target as DatabaseTarget,
      dialect: dialectOf(target),
      // The mistake is in what the process does between its statements: it can die in the middle of it.
      open: broken(stepped(sessions(target, task.name), 'target', pass), variant),
    }),
    close: () => pool.close(),
  };
}

function dialectOf({ kind }: Side): RunDialect {
  return kind === 'postgresql' ? postgresqlDialect : mysqlDialect;
}
