import { InvalidSetting, Refusal } from '../errors.ts';
import { EXTERNAL_IMAGES, type ImageTables } from './before-image.ts';
import { type Counts, note, RESERVE_MS, type Undoing, undoImages } from './rollback-images.ts';
import { removeInserted } from './rollback-inserted.ts';
import { canBeUndone, type RollbackTarget } from './rollback-target.ts';
import type { RunDialect, TableShape } from './run-dialect.ts';
import { makeImageTables } from './run-images.ts';
import { type OpenSession, type RunSession, statement } from './run-session.ts';

/** Which batch of a task is undone. */
export interface RollbackRequest {
  readonly batch: string;
  /** Only say what would become of its rows. */
  readonly preview?: boolean;
  /** From behind this image on: `next` of the call before. */
  readonly after?: number;
  /** Who wants it. */
  readonly by: string;
}

/** A row that is left as it is, and why. */
export interface LeftRow {
  /** Its key, column by column. */
  readonly key: Readonly<Record<string, string>>;
  readonly reason: LeftReason;
  /** What the database said of it. */
  readonly message?: string;
}

/**
 * - `changed`: somebody else changed it since, or added it again · `gone`: somebody else deleted it
 * - `changed-between`: somebody else changed it before a later batch did · `refused`: the database does not take it as it was
 */
export type LeftReason = 'changed' | 'gone' | 'changed-between' | 'refused';

/** What became of a batch's rows in one call, or would. */
export interface RollbackAnswer {
  readonly batch: string;
  readonly table: string;
  /** They are as they were before the batch; of a batch that deleted rows, they are there again. */
  readonly restored: number;
  /** The batch had added them. */
  readonly deleted: number;
  /** A later batch changed them again: they stay, and undoing that one leads to what was before this one. */
  readonly handedOn: number;
  readonly left: number;
  /** The first of those that are left. */
  readonly examples: readonly LeftRow[];
  /** Rows that carry the number and of which nothing is kept: they are left, too. */
  readonly withoutImage?: number;
  /** What was undone of it by calls before. */
  readonly before: { readonly restored: number; readonly deleted: number; readonly handedOn: number };
  /** `after` of the next call; absent at the end. */
  readonly next?: number;
}

export interface RollbackPorts {
  readonly task: string;
  readonly target: RollbackTarget;
  readonly tables: ImageTables;
  readonly dialect: RunDialect;
  readonly open: OpenSession;
  readonly remainingMs: () => number;
  readonly pause: (ms: number) => Promise<void>;
}

const BATCH = /^[0-9a-f]{15}$/;

/**
 * Undoes one batch of a task, some hundred rows at a time, each together with the images they were undone by: killed anywhere and called again,
 * it goes on. Only rows that are as the batch left them are touched; what is left keeps its image until its time is over.
 *
 * @throws Refusal CAUSEWAY.0404 for a batch of which nothing is kept, CAUSEWAY.0412 for a task that keeps nothing; InvalidSetting
 */
export async function rollbackBatch(ports: RollbackPorts, request: RollbackRequest): Promise<RollbackAnswer> {
  const { target, task, tables } = ports;
  requireBatch(request);
  requireKept(ports);
  const session = await ports.open();
  try {
    const shape = await undoableTable(ports, session);
    const undoing = { ...ports, shape, request };
    const before = await undoneBefore(session, tables, task, request.batch);
    const counts = { restored: 0, deleted: 0, handedOn: 0, left: 0, examples: [] };
    const keepsImages = target.write !== 'insert';
    if (keepsImages && request.after === undefined) {
      await requireImages(undoing, session, before);
    }
    const next = keepsImages
      ? await undoImages(undoing, session, counts)
      : await undoInserted(undoing, session, counts);
    const withoutImage =
      request.preview === true && target.write === 'upsert' ? await rowsWithoutImage(undoing, session) : undefined;

    return {
      ...{ batch: request.batch, table: shape.name, ...counts, before },
      ...(withoutImage !== undefined && { withoutImage }),
      ...(next !== undefined && { next }),
    };
  } finally {
    await session.close();
  }
}

/** @throws InvalidSetting for what is no batch number */
export function requireBatch({ batch }: Pick<RollbackRequest, 'batch'>): void {
  if (!BATCH.test(batch)) {
    throw new InvalidSetting('batch', batch, 'a batch number: 15 digits and letters from a to f, as the rows have it');
  }
}

/** A task's table as it is now, and the tables of its images. @throws Refusal CAUSEWAY.0412 where it is gone; InvalidSetting */
export async function undoableTable(
  { task, target, dialect, tables }: Pick<RollbackPorts, 'task' | 'target' | 'dialect' | 'tables'>,
  session: RunSession,
): Promise<TableShape> {
  const shape = await dialect.describe(session, target.table);
  if (shape === undefined) {
    throw new Refusal('CAUSEWAY.0412', { message: `The table ${target.table} of ${task} is not there (any more).` });
  }
  if (tables === EXTERNAL_IMAGES) {
    await makeImageTables(session, task, dialect);
  }

  return shape;
}

function requireKept({ task, target }: RollbackPorts): void {
  if (!canBeUndone(target)) {
    const missing =
      target.write === 'insert'
        ? 'a batchNumberColumn'
        : 'rollback: Duration.days(7), say; from then on what it changes is kept';
    throw new Refusal('CAUSEWAY.0412', {
      message: `Batches of ${task} cannot be undone: nothing of them is kept. Give its target ${missing}.`,
    });
  }
}

async function undoneBefore(session: RunSession, { log }: ImageTables, task: string, batch: string) {
  const [row] = await session.query(
    statement(
      `SELECT Restored AS restored, Deleted AS deleted, HandedOn AS handedon FROM ${log} WHERE Task = ? AND Batch = ?`,
      [task, batch],
    ),
  );

  return {
    restored: Number(row?.['restored'] ?? 0),
    deleted: Number(row?.['deleted'] ?? 0),
    handedOn: Number(row?.['handedon'] ?? 0),
  };
}

/** Undoing half of a batch, since the other half's time is over, would be worse than nothing. */
async function requireImages(
  { task, tables, shape, request, dialect }: Undoing,
  session: RunSession,
  before: RollbackAnswer['before'],
): Promise<void> {
  const [row = {}] = await session.query(
    statement(
      `SELECT COUNT(*) AS n, COALESCE(SUM(CASE WHEN KeptUntil <= ${dialect.now} THEN 1 ELSE 0 END), 0) AS late
FROM ${tables.images} WHERE Target = ? AND Batch = ? AND Task = ?`,
      [shape.name, request.batch, task],
    ),
  );
  if (Number(row['late']) > 0) {
    throw new Refusal('CAUSEWAY.0412', {
      message: `The time of batch ${request.batch} is over: what was before it is kept no longer. Its rows are in ${shape.name}, by their batch number.`,
    });
  }
  if (Number(row['n']) === 0 && before.restored + before.deleted + before.handedOn === 0) {
    throw new Refusal('CAUSEWAY.0404', {
      message: `Nothing is kept of a batch ${request.batch} of ${task}: there was none, its time is over, or it was written before the task kept anything.`,
    });
  }
}

/** Rows of a task that only adds: what carries the number is what the batch added. */
async function undoInserted(undoing: Undoing, session: RunSession, counts: Counts): Promise<number | undefined> {
  const { shape, target, request, remainingMs } = undoing;
  const rows = { shape, column: columnOf(shape, target.batchNumberColumn), batch: request.batch };
  if (request.preview === true) {
    counts.deleted = await countRows(undoing, session, rows.column);
    return undefined;
  }
  const { deleted, isDone } = await removeInserted(undoing, session, rows, {
    note: (removed) => note(undoing, session, { restored: 0, deleted: removed, handedOn: 0 }),
    enough: () => remainingMs() >= RESERVE_MS,
  });
  counts.deleted = deleted;

  return isDone ? undefined : 0;
}

async function rowsWithoutImage(undoing: Undoing, session: RunSession): Promise<number> {
  const { tables, shape, request, target } = undoing;
  const carrying = await countRows(undoing, session, columnOf(shape, target.batchNumberColumn));
  const [row = {}] = await session.query(
    statement(
      `SELECT COUNT(*) AS n FROM ${tables.images} i WHERE i.Target = ? AND i.Batch = ? AND i.WrittenHash IS NOT NULL
  AND NOT EXISTS (SELECT 1 FROM ${tables.images} m
    WHERE m.Target = i.Target AND m.RowHash = i.RowHash AND m.Id > i.Id AND m.WrittenHash IS NOT NULL)`,
      [shape.name, request.batch],
    ),
  );

  return Math.max(0, carrying - Number(row['n']));
}

async function countRows({ dialect, shape, request }: Undoing, session: RunSession, column: string): Promise<number> {
  const { quoted } = dialect;
  const [row = {}] = await session.query(
    statement(`SELECT COUNT(*) AS n FROM ${quoted(shape.name)} WHERE ${quoted(column)} = ?`, [request.batch]),
  );

  return Number(row['n']);
}

function columnOf({ name: table, columns }: TableShape, column = ''): string {
  const found = columns.find(({ name }) => name.toLowerCase() === column.toLowerCase());
  if (found === undefined) {
    throw new Refusal('CAUSEWAY.0412', { message: `${table} has no column ${column} for batch numbers any more.` });
  }

  return found.name;
}
