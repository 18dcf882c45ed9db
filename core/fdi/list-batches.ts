import { Refusal } from '../errors.ts';
import { NO_ROW } from './before-image.ts';
import { databaseTime, isoTime } from './database-time.ts';
import { type RollbackPorts, undoableTable } from './rollback-batch.ts';
import { canBeUndone } from './rollback-target.ts';
import type { TableShape } from './run-dialect.ts';
import { type RunRow, type RunSession, statement } from './run-session.ts';

/** Which of a task's batches are listed. */
export interface BatchesRequest {
  /** Written from then on; ISO 8601, UTC. */
  readonly since: string;
  readonly limit: number;
}

/** A batch of a task, as somebody looks for the one to undo. Times are ISO 8601, UTC. */
export interface BatchEntry {
  readonly batch: string;
  /** When it was written; null where no column says so. */
  readonly at: string | null;
  /** Rows that would be undone. */
  readonly rows: number;
  /** Of these, rows that the batch added. */
  readonly added: number;
  /** Rows of it that have been undone. */
  readonly undone: number;
  /** Until when it can be undone; null for ever, and of one of which nothing is left. */
  readonly until: string | null;
  readonly isUndoable: boolean;
}

export interface BatchesAnswer {
  readonly table: string;
  /** The last first. */
  readonly items: readonly BatchEntry[];
  /** There are more since then. */
  readonly more: boolean;
}

type BatchesPorts = Pick<RollbackPorts, 'task' | 'tables' | 'dialect' | 'open'> & {
  readonly target: RollbackPorts['target'] & { readonly eventTimeColumn?: string };
};

/** The gateway's caller waits no longer. */
const STATEMENT_MS = 20_000;

/**
 * The batches of a task that can be undone, or were: of what is kept of the rows they changed, or, of a task that only adds, by the numbers in its
 * rows.
 *
 * @throws Refusal CAUSEWAY.0412 for a task whose batches cannot be told apart
 */
export async function listBatches(ports: BatchesPorts, request: BatchesRequest): Promise<BatchesAnswer> {
  const { task, target } = ports;
  if (!canBeUndone(target)) {
    throw new Refusal('CAUSEWAY.0412', { message: `Batches of ${task} cannot be undone: nothing of them is kept.` });
  }
  const session = await ports.open();
  try {
    const shape = await undoableTable(ports, session);
    const undone = await undoneBatches(ports, session, request);
    const found =
      target.write === 'insert'
        ? await insertedBatches(ports, session, shape, request)
        : await keptBatches(ports, session, shape, request);
    const known = new Set(found.map(({ batch }) => batch));
    const items = [
      ...found.map((entry) => ({ ...entry, undone: undone.get(entry.batch)?.undone ?? 0 })),
      ...[...undone.values()].filter(({ batch }) => !known.has(batch)),
    ].toSorted((a, b) => (b.at ?? '').localeCompare(a.at ?? '') || a.batch.localeCompare(b.batch));

    return { table: shape.name, items: items.slice(0, request.limit), more: items.length > request.limit };
  } finally {
    await session.close();
  }
}

/** By what is kept of their rows. When they were written is when that began to be kept. */
async function keptBatches(
  { task, target, tables, dialect }: BatchesPorts,
  session: RunSession,
  { name }: TableShape,
  { since, limit }: BatchesRequest,
): Promise<readonly BatchEntry[]> {
  const keptMs = (target.rollbackSeconds ?? 0) * 1000;
  const rows = await session.query(
    statement(
      `SELECT Batch AS batch, COUNT(*) AS n, SUM(CASE WHEN ImageHash = '${NO_ROW}' THEN 1 ELSE 0 END) AS nadded,
  ${dialect.timeText('MAX(KeptUntil)')} AS keptuntil, CASE WHEN MIN(KeptUntil) > ${dialect.now} THEN 1 ELSE 0 END AS iskept
FROM ${tables.images} WHERE Target = ? AND Task = ? AND WrittenHash IS NOT NULL AND KeptUntil >= ${dialect.time}
GROUP BY Batch ORDER BY MAX(KeptUntil) DESC, Batch LIMIT ${limit + 1}`,
      [name, task, databaseTime(Date.parse(since) + keptMs)],
    ),
    STATEMENT_MS,
  );

  return rows.map((row) => {
    const until = isoTime(row['keptuntil']);

    return {
      ...entryOf(row),
      at: new Date(Date.parse(until) - keptMs).toISOString(),
      added: Number(row['nadded']),
      until,
      isUndoable: Number(row['iskept']) === 1,
    };
  });
}

/** By the numbers in the rows of a task that only adds. */
async function insertedBatches(
  { target, dialect }: BatchesPorts,
  session: RunSession,
  { name, columns }: TableShape,
  { since, limit }: BatchesRequest,
): Promise<readonly BatchEntry[]> {
  const { quoted } = dialect;
  const column = (wanted: string | undefined) =>
    columns.find((one) => wanted !== undefined && one.name.toLowerCase() === wanted.toLowerCase());
  const [number, time] = [column(target.batchNumberColumn), column(target.eventTimeColumn)];
  if (number === undefined) {
    throw new Refusal('CAUSEWAY.0412', {
      message: `${name} has no column ${target.batchNumberColumn} for batch numbers any more.`,
    });
  }
  const at = time === undefined ? 'NULL' : dialect.timeText(`MAX(${quoted(time.name)})`);
  const rows = await session.query(
    statement(
      `SELECT ${quoted(number.name)} AS batch, COUNT(*) AS n, ${at} AS writtenat FROM ${quoted(name)}
WHERE ${quoted(number.name)} IS NOT NULL${time === undefined ? '' : ` AND ${quoted(time.name)} >= ${dialect.time}`}
GROUP BY ${quoted(number.name)} ORDER BY ${time === undefined ? '1' : `MAX(${quoted(time.name)}) DESC`} LIMIT ${limit + 1}`,
      time === undefined ? [] : [databaseTime(Date.parse(since))],
    ),
    STATEMENT_MS,
  );

  return rows.map((row) => ({
    ...entryOf(row),
    at: row['writtenat'] === null || row['writtenat'] === undefined ? null : isoTime(row['writtenat']),
    added: Number(row['n']),
    until: null,
    isUndoable: true,
  }));
}

/** Those that were undone, whole or in part; by when that was last done. */
async function undoneBatches(
  { task, tables, dialect }: BatchesPorts,
  session: RunSession,
  { since, limit }: BatchesRequest,
): Promise<ReadonlyMap<string, BatchEntry>> {
  const rows = await session.query(
    statement(
      `SELECT Batch AS batch, 0 AS n, Restored + Deleted AS nundone, ${dialect.timeText('UpdatedAt')} AS undoneat FROM ${tables.log}
WHERE Task = ? AND UpdatedAt >= ${dialect.time} ORDER BY UpdatedAt DESC LIMIT ${limit + 1}`,
      [task, databaseTime(Date.parse(since))],
    ),
    STATEMENT_MS,
  );

  return new Map(
    rows.map((row) => [
      String(row['batch']),
      {
        ...entryOf(row),
        ...{ at: isoTime(row['undoneat']), added: 0, undone: Number(row['nundone']), until: null, isUndoable: false },
      },
    ]),
  );
}

function entryOf(row: RunRow): Pick<BatchEntry, 'batch' | 'rows' | 'undone'> {
  return { batch: String(row['batch']), rows: Number(row['n']), undone: 0 };
}
