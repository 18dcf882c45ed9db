import { isoTime } from './database-time.ts';
import type { RunState } from './run-log.ts';
import type { TaskDatabase } from './shard-writer.ts';
import { textParameter } from './statement.ts';

/** What the log of runs says of a scheduled task, over all runs it still has. */
export interface RunTotals {
  readonly runs: number;
  readonly written: number;
  /** In the quarantine now: what was replayed is written. */
  readonly rejected: number;
  readonly bytes: number;
  readonly busyMs: number;
  /** ISO 8601, UTC. */
  readonly firstStartedAt: string;
  readonly lastStartedAt: string;
  readonly lastState: RunState;
}

/** By task; those that never ran are not in it. */
export async function runTotals(
  database: Pick<TaskDatabase, 'execute'>,
  tasks: readonly string[],
): Promise<ReadonlyMap<string, RunTotals>> {
  if (tasks.length === 0) {
    return new Map();
  }
  const names = tasks.map((task, at) => textParameter(`task${at}`, task));
  const { rows } = await database.execute(
    `SELECT t.task AS task, t.runs AS runs, t.written AS written,
  (SELECT COUNT(*) FROM causeway.quarantine q WHERE q.Task = t.task) AS rejected, t.bytes AS bytes, t.ms AS ms,
  CAST(t.firstat AS CHAR) AS firstat, CAST(r.StartedAt AS CHAR) AS lastat, r.State AS state
FROM (
  SELECT Task AS task, SUM(Cause <> 'replay') AS runs, SUM(RowsWritten) AS written, SUM(BytesRead) AS bytes,
    SUM(ReadMs + WriteMs) AS ms, MIN(StartedAt) AS firstat,
    MAX(CASE WHEN State NOT IN ('skipped', 'waiting') AND Cause <> 'replay' THEN Id END) AS lastid
  FROM causeway.run WHERE Task IN (${names.map(({ name }) => `:${name}`).join(', ')}) GROUP BY Task
) t JOIN causeway.run r ON r.Id = t.lastid`,
    names,
    { json: true },
  );

  return new Map(
    rows.map((row) => [
      String(row['task']),
      {
        runs: Number(row['runs']),
        written: Number(row['written']),
        rejected: Number(row['rejected']),
        bytes: Number(row['bytes']),
        busyMs: Number(row['ms']),
        firstStartedAt: isoTime(row['firstat']),
        lastStartedAt: isoTime(row['lastat']),
        lastState: String(row['state']) as RunState,
      },
    ]),
  );
}
