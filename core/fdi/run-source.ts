import { InvalidSetting } from '../errors.ts';
import { checkFileSource, type FileSource } from './run-file-source.ts';
import { checkHttpSource, type HttpSource } from './run-http-source.ts';
import { checkMongoSource, type MongoSource } from './run-mongo-source.ts';
import { checkRedisSource, type RedisSource } from './run-redis-source.ts';
import { timeZoneOffset } from './time-zone.ts';
import { checkIdentifier, type MetadataType } from './topic-task.ts';

/** Where a database is: the platform's own, or one whose address and login the function's environment names. */
export type DatabasePlace = 'platform' | 'external';

/** What is read when: everything each time, or what a growing column says is new. */
export interface Increment {
  /** A date and time, or a whole number, that grows whenever a row is added or changed. Rows without a value are not read. */
  readonly column: string;
  /** Where the first run begins, as the column writes it; it reads all without one. */
  readonly initial?: string;
  /**
   * `closed`: what equals the last value is read again, since more rows of the same moment may have come. `open`: only what is greater, for
   * columns that no two rows share.
   */
  readonly boundary: 'open' | 'closed';
  /** How far before the last value each run begins: seconds of a date and time, else a number. For rows that are committed late. */
  readonly overlap: number;
}

export interface DatabaseSource {
  readonly kind: 'database';
  readonly place: DatabasePlace;
  /** Either a table (and its columns; without them all that have a place in the target)… */
  readonly table?: string;
  readonly columns?: readonly string[];
  /** …or a SELECT without ORDER BY and LIMIT, whose columns have names of their own. */
  readonly sql?: string;
  /** The columns that tell rows apart, in the order they are read by: a unique key. Of a table its primary key unless given. */
  readonly key?: readonly string[];
  /** SQL, as behind WHERE. */
  readonly condition?: string;
  /** Everything each time without it. */
  readonly increment?: Increment;
  /** How dates and times without an offset are meant; `UTC` carries them as they are. */
  readonly timeZone: string;
  /** Other types than those of the columns, by column. */
  readonly types?: Readonly<Record<string, MetadataType>>;
}

/** Other kinds join here, each with its own reader. */
export type RunSource = DatabaseSource | HttpSource | FileSource | RedisSource | MongoSource;

/** @param where the setting's place, for the message. @throws InvalidSetting for a source that cannot be read whatever it holds */
export function checkSource(source: RunSource, where: string): void {
  switch (source.kind) {
    case 'database':
      checkDatabaseSource(source, where);
      break;
    case 'http':
      checkHttpSource(source, where);
      break;
    case 'file':
      checkFileSource(source, where);
      break;
    case 'redis':
      checkRedisSource(source, where);
      break;
    case 'mongodb':
      checkMongoSource(source, where);
      break;
  }
}

/** What the quarantine knows a source by, beside the position in it. */
export function quarantineName(source: RunSource): string {
  return source.kind === 'database' ? (source.table ?? 'sql') : sourceText(source);
}

/** What people know a source by. */
export function sourceText(source: RunSource): string {
  switch (source.kind) {
    case 'database':
      return source.table ?? 'SQL';
    case 'http': {
      const url = URL.parse(source.url);

      return url === null ? 'an API' : `${url.host}${url.pathname}`;
    }
    case 'file':
      return `files ${source.prefix}`.trim();
    case 'redis':
      return `keys ${source.match}`;
    case 'mongodb':
      return source.collection;
  }
}

function checkDatabaseSource(source: DatabaseSource, where: string): void {
  const { table, columns, sql, key, condition, increment } = source;
  if ((table === undefined) === (sql === undefined)) {
    throw new InvalidSetting(where, { table, sql }, 'either a table or SQL');
  }
  if (table !== undefined) {
    checkIdentifier(table, `${where}.table`);
  }
  if (sql !== undefined) {
    if (!/^\s*(?:SELECT|WITH)\b/i.test(sql) || sql.includes(';')) {
      throw new InvalidSetting(`${where}.sql`, sql, 'one SELECT, without a semicolon');
    }
    if (columns !== undefined) {
      throw new InvalidSetting(`${where}.columns`, columns, 'nothing beside `sql`, which names its columns');
    }
    if (key === undefined) {
      throw new InvalidSetting(`${where}.key`, key, 'the columns of the SELECT that tell its rows apart');
    }
  }
  if (key?.length === 0) {
    throw new InvalidSetting(`${where}.key`, key, 'at least one column');
  }
  if (columns?.length === 0) {
    throw new InvalidSetting(`${where}.columns`, columns, 'at least one column');
  }
  if (condition?.trim() === '' || condition?.includes(';') === true) {
    throw new InvalidSetting(`${where}.condition`, condition, 'what stands behind WHERE, without a semicolon');
  }
  timeZoneOffset(source.timeZone, `${where}.timeZone`);
  if (increment !== undefined) {
    checkIncrement(increment, `${where}.increment`);
  }
}

function checkIncrement({ boundary, overlap }: Increment, where: string): void {
  if (boundary !== 'open' && boundary !== 'closed') {
    throw new InvalidSetting(`${where}.boundary`, boundary, '`open` or `closed`');
  }
  if (!Number.isInteger(overlap) || overlap < 0) {
    throw new InvalidSetting(`${where}.overlap`, overlap, 'a whole number from 0: seconds, or what the column counts');
  }
}

/**
 * Some rows come more than once although nothing of them has changed: of an API whenever its pages shift, of a file when it is replaced while it
 * is read, of Redis whenever its tables of keys grow. A table or a collection that is read whole each time is a copy each time.
 */
export function isReadAgain(source: RunSource): boolean {
  if (source.kind !== 'database' && source.kind !== 'mongodb') {
    return true;
  }
  const { increment } = source;

  return increment !== undefined && (increment.boundary === 'closed' || increment.overlap > 0);
}
