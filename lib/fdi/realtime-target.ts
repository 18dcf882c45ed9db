import type { Duration } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { type DatabaseTarget, destinationText, type RunDestination } from '../../core/fdi/run-destination.ts';
import type { TaskTarget } from '../../core/fdi/topic-task.ts';
import type { IIntegrationApp } from '../apic/integration-app.ts';
import { declareTaskSource } from '../platform/declared-source.ts';
import type { HandlerParts } from '../platform/handler-code.ts';
import type { HandlerFunction } from '../platform/handler-function.ts';
import { invalid } from '../platform/setting.ts';
import { authoritiesOf, type DatabaseLoginProps, databaseDrivers } from './database-login.ts';
import type { HttpTargetProps } from './http-target.ts';
import type { ITable } from './migrations.ts';
import type { MongoTargetProps } from './mongo-target.ts';
import type { RedisTargetProps } from './redis-target.ts';
import { platformTable } from './scheduled-source.ts';
import { keptFor, type TopicTargetProps, targetDrivers, targetLogin, targetOf } from './scheduled-target.ts';
import type { TaskFeed } from './task-feed.ts';

/** A table of the platform's database. */
export interface PlatformTargetProps extends Omit<TaskTarget, 'table' | 'keys' | 'rollbackSeconds'> {
  readonly table: ITable;
  /**
   * The columns that tell rows apart; needed for an upsert, where they must be a unique key.
   * @default - none
   */
  readonly keys?: readonly string[];
  /**
   * A column the table itself fills with the time of writing: from it and the event time the latency is computed.
   * @default - the task's latency is not known
   */
  readonly writtenAtColumn?: string;
  /**
   * How long it is kept what rows were before a batch changed them, so that `causeway task rollback` can undo it: 1 minute to 90 days. Costs an
   * image of each row that is written. What only inserts needs none: its batches are undone by their numbers, whenever.
   * @default - nothing is kept, and nothing an upsert changed can be undone
   */
  readonly rollback?: Duration;
}

/** A table of another database, MySQL, MariaDB or PostgreSQL, by its driver. */
export interface ExternalTargetProps
  extends Pick<DatabaseTarget, 'table' | 'write' | 'eventTimeColumn' | 'batchNumberColumn'> {
  readonly database: DatabaseLoginProps;
  /**
   * The columns that tell rows apart: needed for an upsert, where they must be a unique key, and for a delete. With `insert` a row whose key
   * is there is left alone.
   * @default - none
   */
  readonly keys?: readonly string[];
  /**
   * Whether rows that are there as they are stay untouched: their batch number, and what triggers and `ON UPDATE` would change.
   * @default false
   */
  readonly onlyChanged?: boolean;
  /**
   * How long it is kept what rows were before a batch changed or deleted them, beside the rows, so that `causeway task rollback` can undo it: 1 minute
   * to 90 days. What only inserts needs none: its batches are undone by their numbers, whenever.
   * @default - nothing is kept, and nothing that was changed or deleted can be undone
   */
  readonly rollback?: Duration;
}

/** What is not the platform's database is written as scheduled tasks write it. */
export type ElsewhereTargetProps =
  | ExternalTargetProps
  | TopicTargetProps
  | HttpTargetProps
  | RedisTargetProps
  | MongoTargetProps;
export type RealtimeTargetProps = PlatformTargetProps | ElsewhereTargetProps;

/** Settings that one kind of target has and the other has not. */
const OF_PLATFORM = ['sequenceColumn', 'writtenAtColumn'] as const;
const OF_TABLES = [...OF_PLATFORM, 'rollback'] as const;

export function isElsewhere(target: RealtimeTargetProps): target is ElsewhereTargetProps {
  return !('table' in target) || ('database' in target && target.database !== undefined);
}

/** What the consumer is told of a target. @param app whose task it is */
export function realtimeTarget(target: RealtimeTargetProps, app: IIntegrationApp): TaskTarget | RunDestination {
  if (isElsewhere(target)) {
    return targetOf(target, app);
  }
  const { table, keys = [], writtenAtColumn: _shownOnly, rollback, ...columns } = target;

  return { table: table.tableName, keys, ...columns, ...keptFor(rollback) };
}

/** What it is, for lists and messages. */
export function targetText(target: TaskTarget | RunDestination): string {
  return 'kind' in target ? destinationText(target) : target.table;
}

/**
 * The drivers that writing it needs, as they lie beside the consumer.
 *
 * @throws InvalidSetting for a database of a kind tasks do not know, and for settings of another kind of target
 */
export function targetParts(scope: Construct, target: RealtimeTargetProps): HandlerParts {
  if (!isElsewhere(target)) {
    if (typeof target.table === 'string') {
      throw invalid(scope, 'target.table', target.table, 'a table of `Migrations`, or a `database` beside it');
    }

    return {};
  }
  if ('table' in target && typeof target.table !== 'string') {
    const allowed = "its name: a table of `Migrations` is in the platform's database";
    throw invalid(scope, 'target.table', 'a table of `Migrations`', allowed);
  }
  const [others, allowed] =
    'table' in target || 'mongodb' in target
      ? [OF_PLATFORM, "nothing: only tables of the platform's database have it"]
      : [OF_TABLES, 'nothing: only tables have it'];
  for (const [setting, value] of Object.entries(target)) {
    if (others.some((name) => name === setting) && value !== undefined) {
      throw invalid(scope, `target.${setting}`, value, allowed);
    }
  }

  return databaseDrivers(targetDrivers(scope, target));
}

/** The authorities that are written in the stack. */
export function targetAuthorities(target: ElsewhereTargetProps): Readonly<Record<string, string>> {
  return authoritiesOf({ SOURCE: undefined, TARGET: targetLogin(target) });
}

/** What is tested before the task is started; `joinTarget` declares what is elsewhere. */
export function declareSides(
  scope: Construct,
  {
    task,
    consumer,
    target,
    topic,
    feed,
  }: { task: string; consumer: HandlerFunction; target: RealtimeTargetProps; topic: string; feed: TaskFeed },
): void {
  const own = { task, handler: consumer };
  declareTaskSource(scope, { ...own, side: 'source', told: { topic }, ...feed.tested });
  if (!isElsewhere(target)) {
    const { table, write, rollback } = target;
    const told = { table: table.tableName, write, isUndone: rollback !== undefined };
    declareTaskSource(scope, { ...own, side: 'target', told, is: platformTable(table.tableName) });
  }
}
