import { type Duration, Token } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { type DatabaseSource, type Increment, type RunSource, sourceText } from '../../core/fdi/run-source.ts';
import { declareTaskSource, type TaskSourceProps } from '../platform/declared-source.ts';
import type { HandlerParts } from '../platform/handler-code.ts';
import type { HandlerFunction } from '../platform/handler-function.ts';
import { checkMongo, type DatabaseLoginProps, type DriverKind, databaseKinds, giveLogin } from './database-login.ts';
import { type FileSourceProps, fileSourceOf, filesText, joinFiles } from './file-source.ts';
import { authFacts, authorityFacts } from './http-auth.ts';
import { type HttpSourceProps, httpSourceOf, joinHttp } from './http-source.ts';
import type { ITable } from './migrations.ts';
import { type MongoSourceProps, mongoSourceOf } from './mongo-source.ts';
import { checkSourceRedis, type RedisSourceProps, redisSourceOf } from './redis-source.ts';

export interface DatabaseSourceProps
  extends Partial<Pick<DatabaseSource, 'sql' | 'columns' | 'key' | 'condition' | 'types'>> {
  /**
   * The database.
   * @default - the platform's own
   */
  readonly database?: DatabaseLoginProps;
  /**
   * A table: of the platform's database, or by its name in another. Either this or `sql`.
   * @default - `sql` says what is read
   */
  readonly table?: ITable | string;
  /**
   * Reads only what a growing column says is new. `boundary` is `closed` and `overlap` 0 unless they are given.
   * @default - everything each time
   */
  readonly increment?: Pick<Increment, 'column' | 'initial'> & {
    readonly boundary?: Increment['boundary'];
    /** For dates and times a duration, for numbers a number. */
    readonly overlap?: Duration | number;
  };
  /**
   * How dates and times without an offset are meant; they are written in UTC.
   * @default 'UTC', which carries them as they are
   */
  readonly timeZone?: string;
  readonly http?: never;
  readonly files?: never;
  readonly redis?: never;
  readonly mongodb?: never;
}

/** What a scheduled task reads: rows of a database, records of an HTTP API, of files, keys of a Redis, or documents of a MongoDB. */
export type ScheduledSourceProps =
  | DatabaseSourceProps
  | HttpSourceProps
  | FileSourceProps
  | RedisSourceProps
  | MongoSourceProps;

/** What the runner is told of a source. */
export function sourceOf(props: ScheduledSourceProps): RunSource {
  if (props.http !== undefined) {
    return httpSourceOf(props);
  }
  if (props.redis !== undefined) {
    return redisSourceOf(props);
  }
  if (props.mongodb !== undefined) {
    return mongoSourceOf(props);
  }

  return props.files === undefined ? databaseSourceOf(props) : fileSourceOf(props);
}

function databaseSourceOf(props: DatabaseSourceProps): DatabaseSource {
  const { database, table, increment, timeZone = 'UTC', ...rest } = props;

  return {
    kind: 'database',
    place: database === undefined ? 'platform' : 'external',
    ...(table !== undefined && { table: nameOf(table) }),
    ...rest,
    ...(increment !== undefined && { increment: incrementOf(increment) }),
    timeZone,
  };
}

function incrementOf(increment: NonNullable<DatabaseSourceProps['increment']>): Increment {
  const { column, initial, boundary = 'closed', overlap = 0 } = increment;

  return {
    column,
    ...(initial !== undefined && { initial }),
    boundary,
    overlap: typeof overlap === 'number' ? overlap : overlap.toSeconds(),
  };
}

/** The drivers that reading it needs. @throws InvalidSetting for a database of a kind runs do not know */
export function sourceDrivers(scope: Construct, source: ScheduledSourceProps): readonly DriverKind[] {
  const { database, redis, mongodb } = source;
  if (redis !== undefined) {
    checkSourceRedis(scope, redis);

    return ['redis'];
  }
  if (mongodb !== undefined) {
    checkMongo(scope, 'source.mongodb', mongodb);

    return ['mongodb'];
  }

  return database === undefined ? [] : databaseKinds(scope, 'source.database', database);
}

/** Gives the runner what it needs to read the source, and no more. */
export function joinSource(
  scope: Construct,
  { task, runner, source }: { task: string; runner: HandlerFunction; source: ScheduledSourceProps },
): void {
  if (source.http !== undefined) {
    joinHttp(scope, runner, source);
  }
  if (source.files !== undefined) {
    joinFiles(runner, source);
  }
  const login = sourceLogin(source);
  if (login !== undefined) {
    giveLogin(runner, 'SOURCE', login);
  }
  declareTaskSource(scope, {
    ...{ task, side: 'source', handler: runner, told: sourceOf(source), ...shownSource(source) },
  });
}

/** What is logged in to, where it is not the platform's own database. */
export function sourceLogin({ database, redis, mongodb }: ScheduledSourceProps): DatabaseLoginProps | undefined {
  return database ?? redis ?? mongodb;
}

/** How it is known to who tests it. */
function shownSource(source: ScheduledSourceProps): Pick<TaskSourceProps, 'database' | 'is' | 'by'> {
  if (source.http !== undefined) {
    const { url, method = 'GET', auth, certificateAuthority } = source.http;

    return {
      is: { kind: 'http', place: `${method} ${url}` },
      by: [...authFacts(auth), ...authorityFacts(certificateAuthority)],
    };
  }
  if (source.files !== undefined) {
    return { is: { kind: 'files', place: filesText(source) } };
  }

  const login = sourceLogin(source);

  return login === undefined
    ? { is: platformTable(source.table === undefined ? 'SQL' : nameOf(source.table)) }
    : { database: login };
}

/** A table of the platform's own database, as lists show it. */
export function platformTable(table: string): NonNullable<TaskSourceProps['is']> {
  return { kind: 'aurora-mysql', place: `${table} of the platform's database` };
}

/** Code beside the runner's that reading it needs. */
export function sourceParts({ http }: ScheduledSourceProps): HandlerParts {
  return http?.dataType === 'XML' ? { 'languages/xml.mjs': { entry: 'languages/xml' } } : {};
}

/** What people know it by. */
export function sourceLabel(props: ScheduledSourceProps): string {
  if (props.http !== undefined && Token.isUnresolved(props.http.url)) {
    return props.http.url;
  }

  return props.files === undefined ? sourceText(sourceOf(props)) : filesText(props);
}

/** A table's name, whoever's it is. */
export function nameOf(table: ITable | string): string {
  return typeof table === 'string' ? table : table.tableName;
}
