import { InvalidSetting } from '../../../core/errors.ts';
import type { RunDialect } from '../../../core/fdi/run-dialect.ts';
import { mysqlDialect } from '../../../core/fdi/run-mysql.ts';
import { postgresqlDialect } from '../../../core/fdi/run-postgresql.ts';
import type { OpenSession } from '../../../core/fdi/run-session.ts';
import type { DatabasePlace } from '../../../core/fdi/run-source.ts';
import { database } from '../database.ts';
import { createSourcePool } from '../sources/source-pool.ts';
import { platformLogin, type TaskLogin } from '../test-table.ts';
import { addressOf, type DatabaseLogin, driverSessions } from './driver-session.ts';
import { type Lease, platformSessions } from './platform-session.ts';
import { loginOf, type Side } from './run-login.ts';

/** A database, ready to be worked with. */
export interface RunDatabase {
  readonly dialect: RunDialect;
  readonly open: OpenSession;
}

const pool = createSourcePool();

/** What a task reads from: the platform's database, or the one its stack names. */
export function sourceDatabase(place: DatabasePlace): Promise<RunDatabase> {
  return databaseOf('SOURCE', place, undefined);
}

/** What it writes into. @param task whose transactions these are */
export function targetDatabase(place: DatabasePlace, task: string, lease?: Lease): Promise<RunDatabase> {
  return databaseOf('TARGET', place, task, lease);
}

/** The same for a test of it, by what its secrets hold now. */
export async function taskLogin(side: Side, place: DatabasePlace): Promise<TaskLogin> {
  if (place === 'platform') {
    return platformLogin();
  }
  const login = await loginOf(side, 0);
  const { kind, user = '' } = addressOf(login);
  const { open } = databaseBy(side, login);

  return { kind: kind === 'mysql' ? kind : 'postgresql', user: login.user ?? user, session: await open() };
}

async function databaseOf(
  side: Side,
  place: DatabasePlace,
  task: string | undefined,
  lease?: Lease,
): Promise<RunDatabase> {
  return place === 'platform'
    ? { dialect: mysqlDialect, open: platformSessions(task, database, lease) }
    : databaseBy(side, await loginOf(side));
}

function databaseBy(side: Side, login: DatabaseLogin): RunDatabase {
  const { kind } = addressOf(login);
  if (kind === 'redis') {
    throw new InvalidSetting(`${side.toLowerCase()}: url`, 'redis', 'mysql or postgresql');
  }

  return { dialect: kind === 'mysql' ? mysqlDialect : postgresqlDialect, open: driverSessions(pool, login) };
}
