import { Refusal } from '../errors.ts';
import type { TaskState } from './control-task.ts';
import { databaseTime, isoTime } from './database-time.ts';
import { shardOf } from './key-position.ts';
import type { LedgerReport } from './ledger-report.ts';
import { type LedgerRow, ledgersSql, rowReport } from './ledger-row.ts';
import { type UndoneReport, undoneReports } from './rollback-report.ts';
import { isScheduled } from './run-control.ts';
import type { RunState } from './run-log.ts';
import { type RunTotals, runTotals } from './run-report.ts';
import type { TaskDatabase } from './shard-writer.ts';
import { quoted, textParameter } from './statement.ts';
import type { TaskEntry, TaskReset } from './task-entry.ts';
import { taskEpoch } from './task-positions.ts';

/** Counts of one shard's records in one epoch. */
export interface ShardReport {
  readonly epoch: number;
  readonly shard: string;
  /** The last record written; empty before the first. */
  readonly sequenceNumber: string;
  readonly written: number;
  readonly quarantined: number;
  readonly updatedAt: string;
}

/** A task as the management API shows it: exact counts, from the positions. Times are ISO 8601 (UTC), null before the first batch. */
export interface TaskReport {
  readonly name: string;
  readonly state: TaskState;
  readonly app: string;
  /** Null of a scheduled task, which has a source and a schedule in its place. */
  readonly topic: string | null;
  readonly mode: 'realtime' | 'scheduled';
  readonly source: string | null;
  readonly schedule: string | null;
  /** Of a scheduled task: how its last run ended, or that it is going. */
  readonly lastRun: RunState | null;
  readonly tags: readonly string[];
  readonly table: string;
  readonly written: number;
  readonly quarantined: number;
  readonly batches: number;
  readonly bytes: number;
  readonly busyMs: number;
  readonly startedAt: string | null;
  readonly updatedAt: string | null;
  /** As of the last time it was kept, at most some minutes ago; null before the first. */
  readonly ledger: LedgerReport | null;
  /** Which reading of its topic this is: 1 until it is reset. The ledger is of this one. */
  readonly epoch: number;
  readonly reset: TaskReset | null;
  readonly shards: readonly ShardReport[];
  /** Absent of a task none of whose batches was undone. */
  readonly undone?: UndoneReport;
}

/** Milliseconds from the event's time to the row's, over a window of event times; null where there are no rows. */
export interface LatencyReport {
  readonly count: number;
  readonly p50: number | null;
  readonly p95: number | null;
  readonly p99: number | null;
  readonly max: number | null;
}

type Database = Pick<TaskDatabase, 'execute'>;
type PositionRow = Readonly<Record<string, unknown>>;

const POSITIONS_SQL = `SELECT Task AS task, Epoch AS epoch, Shard AS shard, Seq AS seq, Written AS written, Quarantined AS quarantined,
  Bytes AS bytes, Batches AS batches, BusyMs AS busyMs, CAST(StartedAt AS CHAR) AS startedAt, CAST(UpdatedAt AS CHAR) AS updatedAt
FROM causeway.position`;

export async function taskReports(
  database: Database,
  tasks: readonly { readonly task: TaskEntry; readonly state: TaskState }[],
): Promise<TaskReport[]> {
  const names = tasks.map(({ task }, at) => textParameter(`task${at}`, task.name));
  const condition = names.map(({ name }) => `:${name}`).join(', ');
  if (names.length === 0) {
    return [];
  }
  const scheduled = tasks.filter(({ task }) => isScheduled(task)).map(({ task }) => task.name);
  const [{ rows }, ledgers, totals, undone] = await Promise.all([
    database.execute(`${POSITIONS_SQL} WHERE Task IN (${condition}) ORDER BY Task, Epoch, Shard`, names, {
      json: true,
    }),
    database.execute(ledgersSql(names.length), names, { json: true }),
    runTotals(database, scheduled),
    undoneReports(
      database,
      tasks.map(({ task }) => task),
    ),
  ]);

  const own = ({ task, state }: (typeof tasks)[number]) =>
    isScheduled(task)
      ? scheduledReport(task, state, totals.get(task.name))
      : report(
          task,
          state,
          rows.filter((row) => row['task'] === task.name),
          ledgers.rows.find((row) => row['Task'] === task.name && Number(row['Epoch']) === taskEpoch(task)),
        );

  return tasks.map((one) => {
    const found = undone.get(one.task.name);

    return { ...own(one), ...(found && { undone: found }) };
  });
}

/** @throws Refusal when the task's table does not keep both times */
export async function latencyReport(
  database: Database,
  task: TaskEntry,
  since: number,
  until: number,
): Promise<LatencyReport> {
  const { eventTimeColumn, writtenAtColumn } = task;
  if (eventTimeColumn === undefined || writtenAtColumn === undefined) {
    throw new Refusal('CAUSEWAY.0412', {
      message: `The latency of ${task.name} is not known: it needs an eventTimeColumn and a writtenAtColumn in its target.`,
    });
  }
  const [event, written] = [quoted(eventTimeColumn), quoted(writtenAtColumn)];
  const { rows } = await database.execute(
    `SELECT COUNT(*) AS number, MIN(CASE WHEN place >= 0.50 * total THEN ms END) AS p50, MIN(CASE WHEN place >= 0.95 * total THEN ms END) AS p95,
  MIN(CASE WHEN place >= 0.99 * total THEN ms END) AS p99, MAX(ms) AS largest
FROM (
  SELECT ms, ROW_NUMBER() OVER (ORDER BY ms) AS place, COUNT(*) OVER () AS total
  FROM (
    SELECT TIMESTAMPDIFF(MICROSECOND, ${event}, ${written}) / 1000 AS ms
    FROM ${quoted(task.table)} WHERE ${event} >= :since AND ${event} < :until
  ) latencies
) places`,
    [textParameter('since', databaseTime(since)), textParameter('until', databaseTime(until))],
    { json: true },
  );
  const { number, p50, p95, p99, largest } = rows[0] ?? {};

  return { count: Number(number ?? 0), p50: ms(p50), p95: ms(p95), p99: ms(p99), max: ms(largest) };
}

function scheduledReport(task: TaskEntry, state: TaskState, totals: RunTotals | undefined): TaskReport {
  const { name, app, table, source = null, schedule = null, tags = [] } = task;

  return {
    name,
    state,
    app,
    topic: null,
    mode: 'scheduled',
    source,
    schedule,
    lastRun: totals?.lastState ?? null,
    tags,
    table,
    written: totals?.written ?? 0,
    quarantined: totals?.rejected ?? 0,
    batches: totals?.runs ?? 0,
    bytes: totals?.bytes ?? 0,
    busyMs: totals?.busyMs ?? 0,
    startedAt: totals?.firstStartedAt ?? null,
    updatedAt: totals?.lastStartedAt ?? null,
    ledger: null,
    epoch: 1,
    reset: null,
    shards: [],
  };
}

function report(
  task: TaskEntry,
  state: TaskState,
  rows: readonly PositionRow[],
  ledger: LedgerRow | undefined,
): TaskReport {
  const { name, app, topic, table, reset = null } = task;
  const present = rows.filter((row) => Number(row['epoch']) === taskEpoch(task));
  const handled = (field: string) => present.reduce((total, row) => total + Number(row[field]), 0);
  const sum = (field: string) => rows.reduce((total, row) => total + Number(row[field]), 0);
  const shards = shardsOf(rows);
  const times = (field: string) =>
    shards
      .flat()
      .map((row) => isoTime(row[field]))
      .sort();

  return {
    name,
    state,
    app,
    topic,
    mode: 'realtime',
    source: null,
    schedule: null,
    lastRun: null,
    tags: task.tags ?? [],
    table,
    written: sum('written'),
    quarantined: sum('quarantined'),
    batches: sum('batches'),
    bytes: sum('bytes'),
    busyMs: sum('busyMs'),
    startedAt: times('startedAt')[0] ?? null,
    updatedAt: times('updatedAt').at(-1) ?? null,
    ledger:
      ledger === undefined
        ? null
        : rowReport(ledger, { written: handled('written'), quarantined: handled('quarantined') }),
    epoch: taskEpoch(task),
    reset,
    shards: shards.map(shardReport),
  };
}

/** The rows of each shard and epoch, those of its lanes among them; of a task with lanes they are there before the first batch, and say nothing. */
function shardsOf(rows: readonly PositionRow[]): (readonly PositionRow[])[] {
  const groups = Map.groupBy(rows, (row) => `${row['epoch']}/${shardOf(String(row['shard']))}`);

  return [...groups.values()].filter((group) => group.some((row) => Number(row['batches']) > 0 || row['seq'] !== ''));
}

function shardReport(group: readonly PositionRow[]): ShardReport {
  const newest = (field: string) =>
    group
      .map((row) => String(row[field]))
      .sort()
      .at(-1) ?? '';
  const sum = (field: string) => group.reduce((total, row) => total + Number(row[field]), 0);

  return {
    epoch: Number(group[0]?.['epoch']),
    shard: shardOf(String(group[0]?.['shard'])),
    sequenceNumber: newest('seq').replace(/^0+(?=\d)/, ''),
    written: sum('written'),
    quarantined: sum('quarantined'),
    updatedAt: isoTime(newest('updatedAt')),
  };
}

/** Decimals arrive as text. */
function ms(value: unknown): number | null {
  return value === null || value === undefined ? null : Math.round(Number(value));
}
