import { InvalidSetting } from '../../../core/errors.ts';
import type { RunDialect } from '../../../core/fdi/run-dialect.ts';
import { mysqlDialect } from '../../../core/fdi/run-mysql.ts';
import { postgresqlDialect } from '../../../core/fdi/run-postgresql.ts';
import type { OpenSession } from '../../../core/fdi/run-session.ts';
import type { DatabasePlace } from '../../../core/fdi/run-source.ts';
import { database } from '../database.ts';
import { readDefinitions } from '../definitions.ts';
import { environment } from '../environment.ts';
import { createSourcePool } from '../sources/source-pool.ts';
import { platformLogin, type TaskLogin } from '../test-table.ts';
import { addressOf, type DatabaseLogin, driverSessions } from './driver-session.ts';
import { type Lease, platformSessions } from './platform-session.ts';
import { runSecret } from './run-secret.ts';

/** A database, ready to be worked with. */
export interface RunDatabase {
  readonly dialect: RunDialect;
  readonly open: OpenSession;
}

type Side = 'SOURCE' | 'TARGET';

const pool = createSourcePool();
let authorities: Readonly<Partial<Record<Side, string>>> | undefined;

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

/** Read anew every few minutes: passwords rotate. */
async function loginOf(side: Side, maxAgeMs?: number): Promise<DatabaseLogin> {
  const url = environment(`${side}_URL`);
  const user = process.env[`${side}_USER`];
  const secret = process.env[`${side}_SECRET_ARN`];
  const key = process.env[`${side}_SECRET_KEY`];
  const password = secret === undefined ? undefined : await passwordOf(secret, key, maxAgeMs);
  const authority = process.env[`${side}_CA_ARN`];
  const ca =
    authority === undefined
      ? writtenAuthority(side)
      : await passwordOf(authority, process.env[`${side}_CA_KEY`], maxAgeMs);

  return {
    url,
    ...(user !== undefined && { user }),
    ...(password !== undefined && { password }),
    ...(ca !== undefined && { ca }),
  };
}

/** In a file beside the code: a certificate is longer than an environment may be. */
function writtenAuthority(side: Side): string | undefined {
  authorities ??= readDefinitions<Partial<Record<Side, string>>>('authorities.json');

  return authorities[side];
}

function passwordOf(arn: string, key: string | undefined, maxAgeMs?: number): Promise<string> {
  return runSecret({ arn, key }, 'database', maxAgeMs);
}
