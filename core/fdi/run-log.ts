import { databaseTime, isoTime } from './database-time.ts';
import { runIdTime } from './run-id.ts';
import type { RunCounts } from './run-ports.ts';
import { type RunRow, type RunSession, type RunValue, statement } from './run-session.ts';

/** `waiting`: another run went on, and this one follows it. `skipped`: it went on, and this one did not run. */
export type RunState = 'running' | 'succeeded' | 'failed' | 'cancelled' | 'waiting' | 'skipped';

/** What made a run: its schedule, a person, another task's end, a run it waited for, somebody who had its quarantine replayed. */
export type RunCause = 'schedule' | 'once' | 'after' | 'waited' | 'replay';

export interface RunBegin {
  readonly id: string;
  readonly task: string;
  readonly cause: RunCause;
  /** When it was due, or asked for. Milliseconds since 1970. */
  readonly due: number;
}

/** A run as it is shown; times are ISO 8601, UTC. */
export interface RunEntry {
  readonly id: string;
  readonly task: string;
  readonly state: RunState;
  readonly cause: RunCause;
  readonly due: string;
  readonly startedAt: string;
  readonly endedAt: string | null;
  /** Invocations that worked on it. */
  readonly attempts: number;
  readonly read: number;
  readonly written: number;
  readonly unchanged: number;
  readonly rejected: number;
  readonly bytes: number;
  readonly readMs: number;
  readonly writeMs: number;
  readonly error: string | null;
}

const KEPT_DAYS = 90;
const MAX_ERROR = 1000;
const FIELDS = `Id AS id, Task AS task, State AS state, Cause AS cause, CAST(Due AS CHAR) AS due, CAST(StartedAt AS CHAR) AS startedat,
  CAST(EndedAt AS CHAR) AS endedat, Attempts AS attempts, RowsRead AS nread, RowsWritten AS nwritten, RowsUnchanged AS nunchanged,
  RowsRejected AS nrejected, BytesRead AS nbytes, ReadMs AS readms, WriteMs AS writems, Error AS error`;

/** Notes that an attempt works on a run; the first one makes its entry. */
export async function beginRun(session: RunSession, { id, task, cause, due }: RunBegin): Promise<void> {
  await session.change(
    statement(
      `INSERT INTO causeway.run (Id, Task, State, Cause, Due, StartedAt, Attempts, RowsRead, RowsWritten, RowsUnchanged, RowsRejected, BytesRead, ReadMs, WriteMs)
VALUES (?, ?, 'running', ?, ?, UTC_TIMESTAMP(3), 1, 0, 0, 0, 0, 0, 0, 0)
ON DUPLICATE KEY UPDATE State = 'running', Attempts = Attempts + 1, EndedAt = NULL`,
      [id, task, cause, databaseTime(due)],
    ),
  );
  await session.change(
    statement('DELETE FROM causeway.run WHERE Task = ? AND StartedAt < UTC_TIMESTAMP(3) - INTERVAL ? DAY LIMIT 1000', [
      task,
      KEPT_DAYS,
    ]),
  );
}

/** A run that does not run now; one that says so again, since what called it was called again, stands there once. */
export async function noteRun(
  session: RunSession,
  begin: RunBegin,
  state: 'waiting' | 'skipped',
  why: string,
): Promise<void> {
  await session.change(
    statement(
      `INSERT INTO causeway.run (Id, Task, State, Cause, Due, StartedAt, EndedAt, Attempts, RowsRead, RowsWritten, RowsUnchanged, RowsRejected, BytesRead, ReadMs, WriteMs, Error)
SELECT ?, ?, ?, ?, ?, UTC_TIMESTAMP(3), UTC_TIMESTAMP(3), 0, 0, 0, 0, 0, 0, 0, 0, ?
FROM (SELECT 1 AS one) o WHERE NOT EXISTS (
  SELECT 1 FROM causeway.run r WHERE r.Task = ? AND r.State = ? AND r.Cause = ? AND r.Due = ? AND r.Id >= ?
)
ON DUPLICATE KEY UPDATE Id = causeway.run.Id`,
      [
        ...[begin.id, begin.task, state, begin.cause, databaseTime(begin.due), why.slice(0, MAX_ERROR)],
        ...[begin.task, state, begin.cause, databaseTime(begin.due), runIdTime(new Date(begin.due))],
      ],
    ),
  );
}

/** @param ms what reading and writing took since it was last noted */
export async function moveRun(
  session: RunSession,
  id: string,
  counts: RunCounts,
  ms: { readonly read: number; readonly write: number },
): Promise<void> {
  await session.change(
    statement(
      `UPDATE causeway.run SET RowsRead = ?, RowsWritten = ?, RowsUnchanged = ?, RowsRejected = ?, BytesRead = ?,
  ReadMs = ReadMs + ?, WriteMs = WriteMs + ? WHERE Id = ?`,
      [...countValues(counts), Math.round(ms.read), Math.round(ms.write), id],
    ),
  );
}

/** Of a run that goes on in another attempt `state` is `running`. */
export async function endRun(session: RunSession, id: string, state: RunState, error: string | null): Promise<void> {
  const ended = state === 'running' ? 'NULL' : 'UTC_TIMESTAMP(3)';
  await session.change(
    statement(`UPDATE causeway.run SET State = ?, Error = ?, EndedAt = ${ended} WHERE Id = ?`, [
      state,
      error?.slice(0, MAX_ERROR) ?? null,
      id,
    ]),
  );
}

/** Of a run that has ended, whatever its entry says. */
export async function closeRun(session: RunSession, id: string, counts: RunCounts): Promise<void> {
  await session.change(
    statement(
      `UPDATE causeway.run SET State = 'succeeded', Error = NULL, EndedAt = UTC_TIMESTAMP(3), RowsRead = ?, RowsWritten = ?, RowsUnchanged = ?,
  RowsRejected = ?, BytesRead = ? WHERE Id = ? AND State <> 'succeeded'`,
      [...countValues(counts), id],
    ),
  );
}

/** Counts records that have left the quarantine: their replay stands in the log as a run. */
export async function noteReplay(
  session: RunSession,
  { id, task }: Pick<RunBegin, 'id' | 'task'>,
  { replayed, unchanged }: { readonly replayed: number; readonly unchanged: number },
): Promise<void> {
  if (replayed > 0) {
    await session.change(
      statement(
        `INSERT INTO causeway.run (Id, Task, State, Cause, Due, StartedAt, EndedAt, Attempts, RowsRead, RowsWritten, RowsUnchanged, RowsRejected, BytesRead, ReadMs, WriteMs)
VALUES (?, ?, 'succeeded', 'replay', UTC_TIMESTAMP(3), UTC_TIMESTAMP(3), UTC_TIMESTAMP(3), 1, ?, ?, ?, 0, 0, 0, 0)
ON DUPLICATE KEY UPDATE RowsRead = RowsRead + ?, RowsWritten = RowsWritten + ?, RowsUnchanged = RowsUnchanged + ?, EndedAt = UTC_TIMESTAMP(3)`,
        [id, task, ...twice([replayed, replayed - unchanged, unchanged])],
      ),
    );
  }
}

function twice(values: readonly number[]): readonly number[] {
  return [...values, ...values];
}

/** The last runs of a task, the newest first. @param before only those with a smaller id, which begins with its time */
export async function listRuns(
  session: Pick<RunSession, 'query'>,
  task: string,
  limit: number,
  before?: string,
): Promise<readonly RunEntry[]> {
  const [condition, values]: [string, RunValue[]] = before === undefined ? ['', []] : [' AND Id < ?', [before]];
  const rows = await session.query(
    statement(`SELECT ${FIELDS} FROM causeway.run WHERE Task = ?${condition} ORDER BY Id DESC LIMIT ${limit}`, [
      task,
      ...values,
    ]),
  );

  return rows.map(entryOf);
}

function countValues({ read, written, unchanged, rejected, bytes }: RunCounts): readonly number[] {
  return [read, written, unchanged, rejected, bytes];
}

function entryOf(row: RunRow): RunEntry {
  return {
    id: String(row['id']),
    task: String(row['task']),
    state: String(row['state']) as RunState,
    cause: String(row['cause']) as RunCause,
    due: isoTime(row['due']),
    startedAt: isoTime(row['startedat']),
    endedAt: row['endedat'] === null ? null : isoTime(row['endedat']),
    attempts: Number(row['attempts']),
    read: Number(row['nread']),
    written: Number(row['nwritten']),
    unchanged: Number(row['nunchanged']),
    rejected: Number(row['nrejected']),
    bytes: Number(row['nbytes']),
    readMs: Number(row['readms']),
    writeMs: Number(row['writems']),
    error: row['error'] === null ? null : String(row['error']),
  };
}
