import { InvalidSetting } from '../errors.ts';
import { nestedObject } from './nested-object.ts';
import { checkDestination, type DatabaseTarget, type RunDestination } from './run-destination.ts';
import type { MongoTarget } from './run-mongo-collection.ts';
import { checkSchedule, followSeconds, type TaskSchedule } from './run-schedule.ts';
import { checkSource, isReadAgain, type RunSource } from './run-source.ts';
import { type ColumnMapping, checkIdentifier, foldedName } from './topic-task.ts';

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
  checkDestination(task.target, `${where}: target`);
  checkMapping(task, `${where}: mapping`);
  if (hasKeys(task.target) && isReadAgain(task.source) && task.target.keys.length === 0) {
    throw new InvalidSetting(
      `${where}: target.keys`,
      [],
      'at least one column: the source is read again (an API, files, boundary `closed`, an overlap), and only keys tell what is there already',
    );
  }
  if (task.schedule !== undefined) {
    checkSchedule(task.schedule, `${where}: schedule`);
    checkFollowing(task, where);
  }
  if (task.overlap !== 'wait' && task.overlap !== 'skip') {
    throw new InvalidSetting(`${where}: overlap`, task.overlap, '`wait` or `skip`');
  }
  if (!Number.isInteger(task.pageSize) || task.pageSize < 1 || task.pageSize > 10_000) {
    throw new InvalidSetting(`${where}: pageSize`, task.pageSize, 'a whole number from 1 to 10000');
  }
  for (const action of task.after) {
    if ('on' in action && action.on === 'source' && task.source.kind !== 'database') {
      throw new InvalidSetting(`${where}: after.on`, action.on, '`target`: only databases take SQL');
    }
    if ('sql' in action && action.sql.trim() === '') {
      throw new InvalidSetting(`${where}: after.sql`, action.sql, 'one SQL statement');
    }
    if ('sql' in action && action.on === 'target' && task.target.kind !== 'database') {
      throw new InvalidSetting(`${where}: after.on`, action.on, '`source`: the target knows no SQL');
    }
  }
}

/** Whether something follows its runs that is not done on the target, together with their end. */
export function isFollowed({ after }: Pick<ScheduledTask, 'after'>): boolean {
  return after.some((action) => 'task' in action || action.on === 'source');
}

/** What is there already is told by keys, and nothing else tells it. */
function hasKeys(target: RunDestination): target is DatabaseTarget | MongoTarget {
  return target.kind === 'database' || target.kind === 'mongodb';
}

/** A source that is followed has no runs that anybody would wait for, and is asked for what is new only. */
function checkFollowing({ schedule, source, overlap, after }: ScheduledTask, where: string): void {
  if (followSeconds(schedule) === undefined) {
    return;
  }
  if (!('increment' in source) || source.increment === undefined) {
    throw new InvalidSetting(
      `${where}: schedule.every`,
      schedule?.every,
      'minutes or more: a source is followed by the seconds where `source.increment` says what is new in it',
    );
  }
  if (overlap === 'wait') {
    throw new InvalidSetting(
      `${where}: overlap`,
      overlap,
      '`skip`: a source that is followed is looked at again anyway',
    );
  }
  if (after.length > 0) {
    throw new InvalidSetting(`${where}: after`, after, 'nothing: a source that is followed has no end to do it at');
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
    if ('expression' in entry && target.kind !== 'http') {
      throw new InvalidSetting(
        `${where}[${entry.column}]`,
        entry,
        '`from` or `constant`: expressions are of bodies for HTTP APIs; what is computed of a database, its own SQL computes (`source.sql`)',
      );
    }
    const name = target.kind === 'database' ? foldedName(entry.column) : entry.column;
    checkName(target, entry.column, where);
    if (seen.has(name)) {
      throw new InvalidSetting(`${where}[${entry.column}]`, entry, 'each column once');
    }
    if (target.kind === 'database' && isBatchNumber(target, name)) {
      throw new InvalidSetting(`${where}[${entry.column}]`, entry, 'no mapping of its own: batchNumberColumn fills it');
    }
    seen.add(name);
  }
  checkBody(target, [...seen], where);
}

/** @throws InvalidSetting for members that cannot lie in one another as their names say */
function checkBody(target: RunDestination, names: readonly string[], where: string): void {
  if (target.kind === 'http' && target.hasBody) {
    nestedObject(names, where);
  }
}

/** Columns have names that every database knows; members of JSON nearly any. @throws InvalidSetting */
function checkName(target: RunDestination, name: string, where: string): void {
  if (target.kind === 'database') {
    checkIdentifier(name, `${where}: column`);
  } else if (name === '' || name.length > 128 || !name.isWellFormed()) {
    throw new InvalidSetting(`${where}: column`, name, '1 to 128 characters');
  }
}

function isBatchNumber({ batchNumberColumn: column }: DatabaseTarget, name: string): boolean {
  return column !== undefined && foldedName(column) === name;
}
