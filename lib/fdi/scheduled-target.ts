import type { Construct } from 'constructs';
import type { DatabaseTarget, RunDestination } from '../../core/fdi/run-destination.ts';
import { declareSource } from '../platform/declared-source.ts';
import type { HandlerFunction } from '../platform/handler-function.ts';
import { type DatabaseKind, type DatabaseLoginProps, databaseKinds, giveLogin } from './database-login.ts';
import type { ITable } from './migrations.ts';
import { nameOf } from './scheduled-source.ts';

export interface ScheduledTargetProps extends Pick<DatabaseTarget, 'write' | 'eventTimeColumn' | 'batchNumberColumn'> {
  /**
   * The database.
   * @default - the platform's own
   */
  readonly database?: DatabaseLoginProps;
  /** Of the platform's database, or by its name in another. */
  readonly table: ITable | string;
  /**
   * The columns that tell rows apart; with upsert they must be a unique key.
   * @default - none
   */
  readonly keys?: readonly string[];
  /**
   * Whether rows that are there as they are stay untouched, whatever is read: their batch number, and what triggers and `ON UPDATE` would change.
   * @default false: only what is read again is compared
   */
  readonly onlyChanged?: boolean;
}

/** What the runner is told of a target. */
export function targetOf({
  database,
  table,
  keys = [],
  onlyChanged = false,
  ...rest
}: ScheduledTargetProps): RunDestination {
  return {
    kind: 'database',
    place: database === undefined ? 'platform' : 'external',
    table: nameOf(table),
    keys,
    onlyChanged,
    ...rest,
  };
}

/** The drivers that writing it needs. @throws InvalidSetting for a database of a kind runs do not know */
export function targetDrivers(scope: Construct, { database }: ScheduledTargetProps): readonly DatabaseKind[] {
  return database === undefined ? [] : databaseKinds(scope, 'target.database', database);
}

/** Gives the runner what it needs to write the target, and no more. */
export function joinTarget(
  scope: Construct,
  { task, runner, target }: { task: string; runner: HandlerFunction; target: ScheduledTargetProps },
): void {
  if (target.database !== undefined) {
    giveLogin(runner, 'TARGET', target.database);
    declareSource(scope, `${task}.target`, target.database, { usedBy: task, writes: [nameOf(target.table)] });
  }
}
