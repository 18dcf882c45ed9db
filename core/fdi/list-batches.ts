import { Refusal } from '../errors.ts';
import { type BatchEntry, type BatchesPorts, type BatchesRequest, entryOf, STATEMENT_MS } from './batch-entry.ts';
import { NO_ROW } from './before-image.ts';
import { databaseTime, isoTime } from './database-time.ts';
import { type FoundBatches, insertedBatches, type NewestRows } from './inserted-batches.ts';
import { undoableTable } from './rollback-batch.ts';
import { canBeUndone } from './rollback-target.ts';
import type { TableShape } from './run-dialect.ts';
import { type RunSession, statement } from './run-session.ts';

export interface BatchesAnswer {
  readonly table: string;
  /** The last first. */
  readonly items: readonly BatchEntry[];
  /** There are more since then. */
  readonly more: boolean;
  /** Only the newest so many rows by this column were looked at: of batches that reach beyond them there may be more. */
  readonly within?: NewestRows;
}

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
    const found: FoundBatches =
      target.write === 'insert'
        ? await insertedBatches(ports, session, shape, request)
        : { batches: await keptBatches(ports, session, shape, request), more: false };
    const known = new Set(found.batches.map(({ batch }) => batch));
    const items = [
      ...found.batches.map((entry) => ({ ...entry, undone: undone.get(entry.batch)?.undone ?? 0 })),
      ...[...undone.values()].filter(({ batch }) => !known.has(batch)),
    ].toSorted((a, b) => (b.at ?? '').localeCompare(a.at ?? ''));

    return {
      table: shape.name,
      items: items.slice(0, request.limit),
      more: items.length > request.limit || found.more,
      ...(found.within && { within: found.within }),
    };
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
