import { readFileSync } from 'node:fs';
import { afterAll, beforeAll } from '@jest/globals';
import { databaseReader } from '../../../../core/fdi/run-database-reader.ts';
import { databaseTarget } from '../../../../core/fdi/run-database-target.ts';
import type { ScheduledTask } from '../../../../core/fdi/run-definition.ts';
import type { DatabaseTarget } from '../../../../core/fdi/run-destination.ts';
import type { RunDialect } from '../../../../core/fdi/run-dialect.ts';
import { type RunReport, runTask } from '../../../../core/fdi/run-loop.ts';
import { mysqlDialect } from '../../../../core/fdi/run-mysql.ts';
import type { RejectedRecord } from '../../../../core/fdi/run-ports.ts';
import { postgresqlDialect } from '../../../../core/fdi/run-postgresql.ts';
import type { OpenSession, RunSession } from '../../../../core/fdi/run-session.ts';
import type { DatabaseSource } from '../../../../core/fdi/run-source.ts';
import { splitStatements } from '../../../../core/sql/lexer.ts';
import { driverSessions } from '../../../../functions/shared/runs/driver-session.ts';
import { platformSessions } from '../../../../functions/shared/runs/platform-session.ts';
import type { SourceDriver } from '../../../../functions/shared/sources/source.ts';
import { createSourcePool } from '../../../../functions/shared/sources/source-pool.ts';
import { privateMysql } from '../../shared/sources/mysql-fixture.ts';
import { privatePostgresql } from '../../shared/sources/postgresql-fixture.ts';

export interface Side {
  readonly dialect: RunDialect;
  readonly open: OpenSession;
}

export interface Attempt {
  readonly source: Side;
  readonly target: Side;
  readonly task: ScheduledTask;
  readonly id?: string;
  readonly remainingMs?: () => number;
  readonly isStopped?: () => Promise<boolean>;
}

const MIGRATIONS = new URL('../../../../lib/platform/migrations/', import.meta.url);
const FILES = [
  '001-causeway',
  '003-model-version',
  '005-replay',
  '006-runs',
  '007-before-images',
  '008-lanes',
  '010-replayed',
];

/** A MariaDB, by its driver and as the platform's database, and a PostgreSQL. */
export function databases() {
  const mysql = privateMysql();
  const postgresql = privatePostgresql();
  const pool = createSourcePool({ driver: sourceDriver });

  beforeAll(async () => {
    process.env['CAUSEWAY_LOOPBACK'] = 'allowed';
    for (const file of FILES) {
      for (const sql of splitStatements(readFileSync(new URL(`${file}.sql`, MIGRATIONS), 'utf8'))) {
        await mysql.run(sql);
      }
    }
  }, 60_000);
  afterAll(() => pool.close());

  return {
    mysql,
    postgresql,
    side: {
      /** A MySQL outside of the platform. */
      mysql: (): Side => {
        const { url, user, password } = mysql.direct();

        return { dialect: mysqlDialect, open: driverSessions(pool, { url, user, password }) };
      },
      postgresql: (): Side => {
        const { url, user, password } = postgresql.source();

        return { dialect: postgresqlDialect, open: driverSessions(pool, { url, user, password }) };
      },
      platform: (task?: string): Side => ({ dialect: mysqlDialect, open: platformSessions(task) }),
    },
  };
}

export function scheduledTask(
  source: Partial<DatabaseSource>,
  target: Partial<DatabaseTarget>,
  rest: Partial<ScheduledTask> = {},
): ScheduledTask {
  return {
    name: 'Copy',
    source: { kind: 'database', place: 'external', timeZone: 'UTC', ...source },
    target: {
      kind: 'database',
      place: 'external',
      table: 'target',
      write: 'upsert',
      keys: ['Id'],
      onlyChanged: false,
      ...target,
    },
    mapping: 'by-name',
    overlap: 'skip',
    after: [],
    pageSize: 3,
    ...rest,
  };
}

/** One attempt at a run, and what it quarantined. */
export async function attempt({
  source,
  target,
  task,
  id = 'run-1',
  remainingMs = () => 900_000,
  isStopped = async () => false,
}: Attempt): Promise<RunReport & { readonly rejected: readonly RejectedRecord[] }> {
  const rejected: RejectedRecord[] = [];
  const own = databaseReader({
    source: task.source as DatabaseSource,
    dialect: source.dialect,
    open: source.open,
    pageSize: task.pageSize,
    where: task.name,
  });
  const written = databaseTarget({
    task,
    target: task.target as DatabaseTarget,
    dialect: target.dialect,
    open: target.open,
  });
  const report = await runTask({
    reader: own,
    target: written,
    quarantine: { put: async (_run, _version, records) => void rejected.push(...records) },
    observer: { claimed: async () => undefined, moved: async () => undefined },
    claim: { id },
    remainingMs,
    isStopped,
    pause: async () => undefined,
    now: () => performance.now(),
  });
  await Promise.all([own.close(), written.close()]);

  return { ...report, rejected };
}

/** A side whose sessions die before their nth statement, begin or commit, as the connection of a process that is killed; none after that. */
export function dyingAt(side: Side, step: number): Side & { readonly steps: () => number } {
  let steps = 0;
  const dead = new Error('the process was killed');
  const count = async <Answer>(session: RunSession, work: () => Promise<Answer>): Promise<Answer> => {
    steps += 1;
    if (steps === step) {
      await session.close();
    }
    if (steps >= step) {
      throw dead;
    }

    return work();
  };

  return {
    dialect: { ...side.dialect, faultOf: () => ({ kind: 'lasting', message: dead.message }) },
    steps: () => steps,
    async open() {
      const session = await side.open();

      return {
        query: (statement, timeMs) => count(session, () => session.query(statement, timeMs)),
        change: (statement) => count(session, () => session.change(statement)),
        begin: () => count(session, () => session.begin()),
        commit: () => count(session, () => session.commit()),
        rollback: () => (steps >= step ? Promise.resolve() : session.rollback()),
        close: () => session.close(),
      };
    },
  };
}

function sourceDriver(kind: string): Promise<SourceDriver> {
  return import(`../../../../functions/drivers/${kind}.ts`) as Promise<SourceDriver>;
}
