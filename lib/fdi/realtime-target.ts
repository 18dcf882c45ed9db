import type { Duration } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import type { FeedTask } from '../../core/fdi/feed-task.ts';
import type { DatabaseTarget } from '../../core/fdi/run-destination.ts';
import type { TaskTarget } from '../../core/fdi/topic-task.ts';
import { declareSource } from '../platform/declared-source.ts';
import type { HandlerParts } from '../platform/handler-code.ts';
import type { HandlerFunction } from '../platform/handler-function.ts';
import { invalid } from '../platform/setting.ts';
import { authoritiesOf, type DatabaseLoginProps, databaseDrivers, databaseKinds, giveLogin } from './database-login.ts';
import type { ITable } from './migrations.ts';

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
}

export type RealtimeTargetProps = PlatformTargetProps | ExternalTargetProps;

/** Settings that one kind of target has and the other has not. */
const OF_PLATFORM = ['sequenceColumn', 'writtenAtColumn'] as const;

export function isExternal(target: RealtimeTargetProps): target is ExternalTargetProps {
  return 'database' in target && target.database !== undefined;
}

/** What the consumer is told of a target. */
export function realtimeTarget(target: RealtimeTargetProps): TaskTarget | FeedTask['target'] {
  if (isExternal(target)) {
    const { database: _login, keys = [], onlyChanged = false, ...rest } = target;

    return { kind: 'database', place: 'external', keys, onlyChanged, ...rest };
  }
  const { table, keys = [], writtenAtColumn: _shownOnly, rollback, ...columns } = target;

  return { table: table.tableName, keys, ...columns, ...keptFor(rollback) };
}

/** How long images are kept, as the task is told. */
export function keptFor(rollback: Duration | undefined): { readonly rollbackSeconds?: number } {
  return rollback === undefined ? {} : { rollbackSeconds: rollback.toSeconds() };
}

export function tableNameOf({ table }: RealtimeTargetProps): string {
  return typeof table === 'string' ? table : table.tableName;
}

/**
 * The drivers that writing it needs, as they lie beside the consumer.
 *
 * @throws InvalidSetting for a database of a kind tasks do not know, and for settings of another kind of target
 */
export function targetParts(scope: Construct, target: RealtimeTargetProps): HandlerParts {
  if (!isExternal(target)) {
    if (typeof target.table === 'string') {
      throw invalid(scope, 'target.table', target.table, 'a table of `Migrations`, or a `database` beside it');
    }

    return {};
  }
  if (typeof target.table !== 'string') {
    const allowed = "its name: a table of `Migrations` is in the platform's database";
    throw invalid(scope, 'target.table', 'a table of `Migrations`', allowed);
  }
  for (const [setting, value] of Object.entries(target)) {
    if (OF_PLATFORM.some((name) => name === setting) && value !== undefined) {
      throw invalid(scope, `target.${setting}`, value, "nothing: only tables of the platform's database have it");
    }
  }

  return databaseDrivers(databaseKinds(scope, 'target.database', target.database));
}

/** The authorities that are written in the stack. */
export function targetAuthorities(target: RealtimeTargetProps): Readonly<Record<string, string>> {
  return authoritiesOf({ SOURCE: undefined, TARGET: isExternal(target) ? target.database : undefined });
}

/** Gives the consumer what it needs to write the target, and no more. */
export function joinRealtimeTarget(
  scope: Construct,
  { task, consumer, target }: { task: string; consumer: HandlerFunction; target: RealtimeTargetProps },
): void {
  if (isExternal(target)) {
    giveLogin(consumer, 'TARGET', target.database);
    declareSource(scope, `${task}.target`, target.database, { usedBy: task, writes: [target.table] });
  }
}
