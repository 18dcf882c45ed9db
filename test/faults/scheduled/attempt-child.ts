import { databaseReader } from '../../../core/fdi/run-database-reader.ts';
import { databaseTarget } from '../../../core/fdi/run-database-target.ts';
import type { ScheduledTask } from '../../../core/fdi/run-definition.ts';
import { runTask } from '../../../core/fdi/run-loop.ts';
import { mysqlDialect } from '../../../core/fdi/run-mysql.ts';
import { runQuarantine } from '../../../core/fdi/run-quarantine.ts';
import type { OpenSession, RunSession } from '../../../core/fdi/run-session.ts';
import { driverSessions } from '../../../functions/shared/runs/driver-session.ts';
import { platformSessions } from '../../../functions/shared/runs/platform-session.ts';
import { createSourcePool } from '../../../functions/shared/sources/source-pool.ts';

/** What a process is to do; it tells its parent before every step, and waits for leave where the parent has a step in mind. */
export interface Order {
  readonly task: ScheduledTask;
  readonly url: string;
  readonly user: string;
  readonly password: string;
  /** The target over the Data API, or by the driver. */
  readonly isPlatform: boolean;
  /** Say so before this step, counted from 1, and go no further. */
  readonly haltAt?: number;
  /** Delivery broken on purpose: the place moves in a transaction of its own, before the rows. */
  readonly isBroken?: boolean;
}

process.on('message', async (order: Order) => {
  const report = await attempt(order).catch((error: unknown) => ({ failed: String(error) }));
  process.send?.({ report });
});
process.send?.('ready');

async function attempt({ task, url, user, password, isPlatform, haltAt, isBroken = false }: Order): Promise<unknown> {
  const pool = createSourcePool({ driver: () => import('../../../functions/drivers/mysql.ts') });
  let step = 0;
  const pass = async () => {
    step += 1;
    if (step === haltAt) {
      process.send?.('halted');
      await new Promise(() => undefined);
    }
  };
  const stepped =
    (open: OpenSession): OpenSession =>
    async () =>
      gated(await open(), pass, isBroken);
  const open = driverSessions(pool, { url, user, password });
  const target = databaseTarget({
    task,
    target: task.target,
    dialect: mysqlDialect,
    open: stepped(isPlatform ? platformSessions(task.name) : open),
  });
  const reader = databaseReader({
    source: task.source,
    dialect: mysqlDialect,
    open: stepped(open),
    pageSize: task.pageSize,
    where: task.name,
  });
  const { end, counts } = await runTask({
    reader,
    target,
    quarantine: runQuarantine(platformSessions(undefined), task.name, 'source'),
    observer: { claimed: async () => undefined, moved: async () => undefined },
    id: 'run',
    wait: false,
    remainingMs: () => 600_000,
    isStopped: async () => false,
    pause: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
    now: () => performance.now(),
  });
  await Promise.all([reader.close(), target.close()]);
  pool.close();

  return { end: end.kind, message: end.kind === 'failed' ? end.message : undefined, counts, steps: step };
}

/** Every call of a session, and what comes after it, is a step. */
function gated(session: RunSession, pass: () => Promise<void>, isBroken: boolean): RunSession {
  const step = async <Answer>(work: () => Promise<Answer>): Promise<Answer> => {
    await pass();
    const answer = await work();
    await pass();

    return answer;
  };

  return {
    ...session,
    query: (statement, timeMs) => step(() => session.query(statement, timeMs)),
    change: (statement) =>
      step(async () => {
        const changed = await session.change(statement);
        if (isBroken && statement.sql.includes('SET Place = ?')) {
          await session.commit();
          await pass();
          await session.begin();
        }

        return changed;
      }),
    begin: () => step(() => session.begin()),
    commit: () => step(() => session.commit()),
  };
}
