import { InvalidSetting } from '../errors.ts';
import { checkSchedule, type TaskSchedule } from './run-schedule.ts';
import { timeZoneOffset } from './time-zone.ts';
import { type ColumnMapping, foldedName, type MetadataType, type TaskTarget } from './topic-task.ts';

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
export type RunSource = DatabaseSource;

export interface DatabaseTarget extends Omit<TaskTarget, 'write' | 'sequenceColumn'> {
  readonly kind: 'database';
  readonly place: DatabasePlace;
  /**
   * `insert`: adds rows, with keys only those whose key is not there. `upsert`: adds or changes by key. `delete`: removes by key what the source
   * gives.
   */
  readonly write: 'insert' | 'upsert' | 'delete';
  /** Rows that are there as they are stay untouched, batch number and all; without it only what is read again is compared. */
  readonly onlyChanged: boolean;
}

/** Other kinds join here, each with its own target. */
export type RunDestination = DatabaseTarget;

/** What is done when a run has ended well. */
export type AfterRun = { readonly sql: string; readonly on: 'target' | 'source' } | { readonly task: string };

/** A scheduled task: what its function is told, and the template says. */
export interface ScheduledTask {
  readonly name: string;
  readonly source: RunSource;
  readonly target: RunDestination;
  readonly mapping: 'by-name' | readonly ColumnMapping[];
  /** Runs only when it is asked to without one. */
  readonly schedule?: TaskSchedule;
  /** What becomes of a run that is due while another one is going. */
  readonly overlap: 'wait' | 'skip';
  readonly after: readonly AfterRun[];
  /** The most records written at once. */
  readonly pageSize: number;
}

const NAME = /^[A-Za-z0-9][\w.-]{2,99}$/;
const IDENTIFIER = /^[A-Za-z_][A-Za-z0-9_$]{0,63}$/;
const IDENTIFIER_FORM = '1 to 64 letters, digits, `_` or `$`, beginning with a letter or `_`';

/**
 * Refuses a task that cannot work whatever its tables look like.
 *
 * @param where the setting's place, for the message: `Sync/Rows`
 * @throws InvalidSetting naming the setting, what was received and what is allowed
 */
export function checkScheduledTask(task: ScheduledTask, where: string): void {
  if (!NAME.test(task.name)) {
    throw new InvalidSetting(
      `${where}: name`,
      task.name,
      '3 to 100 letters, digits, `_`, `.` or `-`, beginning with a letter or digit',
    );
  }
  checkSource(task.source, `${where}: source`);
  checkTarget(task.target, `${where}: target`);
  checkMapping(task, `${where}: mapping`);
  if (isReadAgain(task.source) && task.target.keys.length === 0) {
    throw new InvalidSetting(
      `${where}: target.keys`,
      [],
      'at least one column: the source is read again (boundary `closed`, or an overlap), and only keys tell what is there already',
    );
  }
  if (task.schedule !== undefined) {
    checkSchedule(task.schedule, `${where}: schedule`);
  }
  if (task.overlap !== 'wait' && task.overlap !== 'skip') {
    throw new InvalidSetting(`${where}: overlap`, task.overlap, '`wait` or `skip`');
  }
  if (!Number.isInteger(task.pageSize) || task.pageSize < 1 || task.pageSize > 10_000) {
    throw new InvalidSetting(`${where}: pageSize`, task.pageSize, 'a whole number from 1 to 10000');
  }
  for (const action of task.after) {
    if ('sql' in action && action.sql.trim() === '') {
      throw new InvalidSetting(`${where}: after.sql`, action.sql, 'one SQL statement');
    }
  }
}

/** Some rows come more than once although nothing of them has changed. A source that is read whole each time is a copy each time. */
function isReadAgain({ increment }: RunSource): boolean {
  return increment !== undefined && (increment.boundary === 'closed' || increment.overlap > 0);
}

function checkSource(source: RunSource, where: string): void {
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

function checkTarget(target: RunDestination, where: string): void {
  const { table, write, keys, eventTimeColumn, batchNumberColumn } = target;
  checkIdentifier(table, `${where}.table`);
  if (write !== 'insert' && write !== 'upsert' && write !== 'delete') {
    throw new InvalidSetting(`${where}.write`, write, '`insert`, `upsert` or `delete`');
  }
  if (write !== 'insert' && keys.length === 0) {
    throw new InvalidSetting(
      `${where}.keys`,
      [],
      `at least one column for ${write === 'upsert' ? 'an' : 'a'} ${write}`,
    );
  }
  if (eventTimeColumn !== undefined && write !== 'upsert') {
    throw new InvalidSetting(`${where}.eventTimeColumn`, eventTimeColumn, '`write: "upsert"`, which it guards');
  }
  if (batchNumberColumn !== undefined && write === 'delete') {
    throw new InvalidSetting(
      `${where}.batchNumberColumn`,
      batchNumberColumn,
      'none: deleted rows have no batch number',
    );
  }
  for (const column of [...keys, eventTimeColumn, batchNumberColumn]) {
    if (column !== undefined) {
      checkIdentifier(column, where);
    }
  }
  if (keys.some((key) => batchNumberColumn !== undefined && foldedName(key) === foldedName(batchNumberColumn))) {
    throw new InvalidSetting(`${where}.keys`, keys, `other columns than ${batchNumberColumn}, the batch number`);
  }
}

function checkMapping({ mapping, target }: ScheduledTask, where: string): void {
  if (mapping === 'by-name') {
    return;
  }
  const seen = new Set<string>();
  if (mapping.length === 0) {
    throw new InvalidSetting(where, [], 'at least one column, or `by-name`');
  }
  for (const entry of mapping) {
    if ('expression' in entry) {
      throw new InvalidSetting(
        `${where}[${entry.column}]`,
        entry,
        '`from` or `constant`: what is computed of a database, its own SQL computes (`source.sql`)',
      );
    }
    checkIdentifier(entry.column, `${where}: column`);
    if (seen.has(foldedName(entry.column))) {
      throw new InvalidSetting(`${where}[${entry.column}]`, entry, 'each column once');
    }
    if (target.batchNumberColumn !== undefined && foldedName(target.batchNumberColumn) === foldedName(entry.column)) {
      throw new InvalidSetting(`${where}[${entry.column}]`, entry, 'no mapping of its own: batchNumberColumn fills it');
    }
    seen.add(foldedName(entry.column));
  }
}

function checkIdentifier(name: string, where: string): void {
  if (!IDENTIFIER.test(name)) {
    throw new InvalidSetting(where, name, IDENTIFIER_FORM);
  }
}
