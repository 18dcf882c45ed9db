import { InvalidSetting } from '../errors.ts';
import { canBeUndone } from './rollback-target.ts';
import { checkHttpTarget, type HttpTarget } from './run-http-target.ts';
import { canDocumentsBeUndone, checkMongoTarget, type MongoTarget } from './run-mongo-collection.ts';
import { checkRedisTarget, type RedisTarget } from './run-redis-target.ts';
import type { DatabasePlace } from './run-source.ts';
import { checkTopicTarget, type TopicTarget } from './run-topic-target.ts';
import { checkIdentifier, checkRollback, foldedName, type TaskTarget } from './topic-task.ts';

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
export type RunDestination = DatabaseTarget | TopicTarget | HttpTarget | RedisTarget | MongoTarget;

/** Those that know no transactions. */
export type OutletDestination = Exclude<RunDestination, DatabaseTarget | MongoTarget>;

/** @param where the setting's place, for the message. @throws InvalidSetting for a target that cannot be written whatever it is */
export function checkDestination(target: RunDestination, where: string): void {
  switch (target.kind) {
    case 'topic':
      checkTopicTarget(target, where);
      break;
    case 'http':
      checkHttpTarget(target, `${where}.http`);
      break;
    case 'redis':
      checkRedisTarget(target, where);
      break;
    case 'mongodb':
      checkMongoTarget(target, where);
      break;
    case 'database':
      checkDatabaseTarget(target, where);
      break;
  }
}

/** What it is, for lists and messages. */
export function destinationText(target: RunDestination): string {
  switch (target.kind) {
    case 'topic':
      return `topic ${target.topic}`;
    case 'http':
      return `${target.method} ${target.place}${target.path}`;
    case 'redis':
      return `Redis ${target.key}`;
    case 'mongodb':
      return target.collection;
    case 'database':
      return target.table;
  }
}

function checkDatabaseTarget(target: DatabaseTarget, where: string): void {
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
  checkRollback(target, write !== 'delete', where);
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

/** Whether batches of the target can be undone: rows and documents can, what was sent cannot. */
export function isUndone(target: RunDestination): target is DatabaseTarget | MongoTarget {
  return target.kind === 'mongodb' ? canDocumentsBeUndone(target) : target.kind === 'database' && canBeUndone(target);
}
