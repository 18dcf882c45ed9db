import { InvalidSetting, Refusal } from '../errors.ts';
import {
  type ImageRow,
  type ImageShape,
  type ImageTables,
  imageRow,
  lockStatement,
  shapeFrom,
} from './before-image.ts';
import type { RunDialect, TableShape } from './run-dialect.ts';
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

/** The task whose batch it is. */
export interface RollbackTarget {
  readonly table: string;
  readonly write: 'insert' | 'upsert' | 'delete';
  readonly batchNumberColumn?: string;
  readonly rollbackSeconds?: number;
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

interface Undoing extends RollbackPorts {
  readonly shape: TableShape;
  readonly request: RollbackRequest;
}

interface Counts {
  restored: number;
  deleted: number;
  handedOn: number;
  left: number;
  examples: LeftRow[];
}

const BATCH = /^[0-9a-f]{15}$/;
/** Rows undone in one transaction. */
const AT_ONCE = 200;
const EXAMPLES = 20;
/** A piece that is not begun any more with less than that. */
const RESERVE_MS = 6000;
const WAITS_MS = [20, 100, 400, 1500];

/** The rows are not what they were when they were looked at: they are looked at again. */
class RowsChanged extends Error {
  override readonly name = 'RowsChanged';
}

/**
 * Undoes one batch of a task, some hundred rows at a time, each together with the images they were undone by: killed anywhere and called again,
 * it goes on. Only rows that are as the batch left them are touched; what is left keeps its image until its time is over.
 *
 * @throws Refusal CAUSEWAY.0404 for a batch of which nothing is kept, CAUSEWAY.0412 for a task that keeps nothing; InvalidSetting
 */
export async function rollbackBatch(ports: RollbackPorts, request: RollbackRequest): Promise<RollbackAnswer> {
  const { target, task, dialect, tables } = ports;
  if (!BATCH.test(request.batch)) {
    throw new InvalidSetting(
      'batch',
      request.batch,
      'a batch number: 15 digits and letters from a to f, as the rows have it',
    );
  }
  requireKept(ports);
  const session = await ports.open();
  try {
    const shape = await dialect.describe(session, target.table);
    if (shape === undefined) {
      throw new Refusal('CAUSEWAY.0412', { message: `The table ${target.table} of ${task} is not there (any more).` });
    }
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

function requireKept({ task, target: { write, batchNumberColumn, rollbackSeconds } }: RollbackPorts): void {
  if (write === 'insert' ? batchNumberColumn === undefined : rollbackSeconds === undefined) {
    const missing =
      write === 'insert'
        ? 'a batchNumberColumn'
        : 'rollback: Duration.days(7), say, and from then on what it changes is kept';
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

async function undoImages(undoing: Undoing, session: RunSession, counts: Counts): Promise<number | undefined> {
  let after = undoing.request.after ?? 0;
  for (;;) {
    const ids = await nextImages(undoing, session, after);
    const last = ids.at(-1)?.id;
    if (last === undefined) {
      return undefined;
    }
    if (undoing.remainingMs() < RESERVE_MS) {
      return after;
    }
    for (const [shape, group] of Map.groupBy(ids, (one) => one.shape)) {
      const numbers = group.map(({ id }) => id);
      await undoPiece(undoing, session, await heldColumns(undoing, session, shape), numbers, counts);
    }
    after = last;
  }
}

async function nextImages({ tables, task, shape, request }: Undoing, session: RunSession, after: number) {
  const rows = await session.query(
    statement(
      `SELECT Id AS id, Shape AS shape FROM ${tables.images}
WHERE Target = ? AND Batch = ? AND Task = ? AND WrittenHash IS NOT NULL AND Id > ? ORDER BY Id LIMIT ${AT_ONCE}`,
      [shape.name, request.batch, task, after],
    ),
  );

  return rows.map((row) => ({ id: Number(row['id']), shape: String(row['shape']) }));
}

async function heldColumns({ tables, shape }: Undoing, session: RunSession, id: string): Promise<ImageShape> {
  const [row] = await session.query(
    statement(`SELECT Held AS held FROM ${tables.shapes} WHERE Target = ? AND Shape = ?`, [shape.name, id]),
  );
  const found = shapeFrom(String(row?.['held'] ?? '{"keys":[],"columns":[]}'), shape);
  if (typeof found === 'string' || found.keys.length === 0) {
    throw new Refusal('CAUSEWAY.0412', {
      message: `${shape.name} has changed since the batch was written: it has no column ${String(found)} any more, so that its rows cannot be put back.`,
    });
  }

  return found;
}

/** Whole if it can be, else row by row: one that the database refuses leaves the others undone all the same. */
async function undoPiece(
  undoing: Undoing,
  session: RunSession,
  shape: ImageShape,
  ids: readonly number[],
  counts: Counts,
): Promise<void> {
  for (let attempt = 0; ; attempt += 1) {
    try {
      return add(counts, await undoTogether(undoing, session, shape, ids));
    } catch (error) {
      const kind = error instanceof RowsChanged ? 'passing' : undoing.dialect.faultOf(error).kind;
      if (kind === 'data' && ids.length > 1) {
        for (const id of ids) {
          await undoPiece(undoing, session, shape, [id], counts);
        }
        return;
      }
      if (kind === 'data') {
        const [row] = (await standing(undoing, session, shape, ids)).map((one) => left(shape, one, 'refused', error));
        return add(counts, { restored: 0, deleted: 0, handedOn: 0, left: 1, examples: row === undefined ? [] : [row] });
      }
      const wait = WAITS_MS[attempt];
      if (kind !== 'passing' || wait === undefined) {
        throw error;
      }
      await undoing.pause(wait);
    }
  }
}

async function undoTogether(
  undoing: Undoing,
  session: RunSession,
  shape: ImageShape,
  ids: readonly number[],
): Promise<Counts> {
  const { dialect, tables, request } = undoing;
  if (request.preview === true) {
    return sorted(shape, await standing(undoing, session, shape, ids)).counts;
  }
  const { images } = dialect;
  await session.begin();
  try {
    await session.query(lockStatement(tables, shape.table));
    const { counts, restore, insertAgain, remove, handOn } = sorted(
      shape,
      await standing(undoing, session, shape, ids),
    );
    await exactly(session, handOn.length, () => {
      const next = handOn.flatMap((row) => (row.next === undefined ? [] : [row.next]));

      return images.handOn(tables, idsOf(handOn), next);
    });
    await exactly(session, restore.length, () => images.restore(tables, shape, idsOf(restore)));
    await exactly(session, insertAgain.length, () => images.insertAgain(tables, shape, idsOf(insertAgain)));
    await exactly(session, remove.length, () => images.remove(tables, shape, idsOf(remove)));
    const undone = idsOf([...handOn, ...restore, ...insertAgain, ...remove]);
    if (undone.length > 0) {
      await session.change(statement(`DELETE FROM ${tables.images} WHERE Id IN (${undone.join(', ')})`));
      await note(undoing, session, counts);
    }
    await session.commit();

    return counts;
  } catch (error) {
    await session.rollback();
    throw error;
  }
}

async function standing({ dialect, tables }: Undoing, session: RunSession, shape: ImageShape, ids: readonly number[]) {
  return (await session.query(dialect.images.standing(tables, shape, ids))).map(imageRow);
}

/** What is to be done with each row. */
function sorted(shape: ImageShape, rows: readonly ImageRow[]) {
  const [handOn, restore, insertAgain, remove]: ImageRow[][] = [[], [], [], []];
  const examples: LeftRow[] = [];
  for (const row of rows) {
    if (row.next !== undefined) {
      row.isLinked ? handOn?.push(row) : examples.push(left(shape, row, 'changed-between'));
    } else if (!row.isSame) {
      examples.push(left(shape, row, row.isThere ? 'changed' : 'gone'));
    } else if (row.isDeleted) {
      insertAgain?.push(row);
    } else {
      (row.isNew ? remove : restore)?.push(row);
    }
  }
  const [h = [], r = [], i = [], d = []] = [handOn, restore, insertAgain, remove];
  const counts: Counts = {
    restored: r.length + i.length,
    deleted: d.length,
    handedOn: h.length,
    left: examples.length,
    examples,
  };

  return { counts, handOn: h, restore: r, insertAgain: i, remove: d };
}

async function exactly(session: RunSession, rows: number, change: () => ReturnType<typeof statement>): Promise<void> {
  if (rows > 0 && (await session.change(change())) !== rows) {
    throw new RowsChanged('the rows have changed since they were looked at');
  }
}

async function note(
  { tables: { log }, task, shape, request, dialect }: Undoing,
  session: RunSession,
  { restored, deleted, handedOn }: Pick<Counts, 'restored' | 'deleted' | 'handedOn'>,
): Promise<void> {
  const by = request.by.slice(0, 256);
  const insert = `INSERT INTO ${log} (Task, Batch, Target, Restored, Deleted, HandedOn, UndoneBy, FirstAt, UpdatedAt)
VALUES (?, ?, ?, 0, 0, 0, ?, ${dialect.now}, ${dialect.now})`;
  await session.change(statement(dialect.once(insert, 'Task'), [task, request.batch, shape.name, by]));
  await session.change(
    statement(
      `UPDATE ${log} SET Restored = Restored + ?, Deleted = Deleted + ?, HandedOn = HandedOn + ?, UndoneBy = ?, UpdatedAt = ${dialect.now}
WHERE Task = ? AND Batch = ?`,
      [restored, deleted, handedOn, by, task, request.batch],
    ),
  );
}

/** Rows of a task that only adds: what carries the number is what the batch added. */
async function undoInserted(undoing: Undoing, session: RunSession, counts: Counts): Promise<number | undefined> {
  const { dialect, shape, target, request } = undoing;
  const rows = { shape, column: columnOf(shape, target.batchNumberColumn), batch: request.batch };
  if (request.preview === true) {
    counts.deleted = await countRows(undoing, session, rows.column);
    return undefined;
  }
  for (let attempt = 0; ; ) {
    if (undoing.remainingMs() < RESERVE_MS) {
      return 0;
    }
    await session.begin();
    try {
      const deleted = await dialect.images.removeBatch(session, rows, AT_ONCE);
      if (deleted > 0) {
        await note(undoing, session, { restored: 0, deleted, handedOn: 0 });
      }
      await session.commit();
      counts.deleted += deleted;
      attempt = 0;
      if (deleted === 0) {
        return undefined;
      }
    } catch (error) {
      await session.rollback();
      const wait = WAITS_MS[attempt];
      if (dialect.faultOf(error).kind !== 'passing' || wait === undefined) {
        throw error;
      }
      attempt += 1;
      await undoing.pause(wait);
    }
  }
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

function left({ keys }: ImageShape, { key }: ImageRow, reason: LeftReason, error?: unknown): LeftRow {
  const texts = JSON.parse(key) as readonly string[];
  const message = error instanceof Error ? error.message.slice(0, 300) : undefined;

  return {
    key: Object.fromEntries(keys.map(({ name }, at) => [name, texts[at] ?? ''])),
    reason,
    ...(message !== undefined && { message }),
  };
}

function add(counts: Counts, more: Counts): void {
  counts.restored += more.restored;
  counts.deleted += more.deleted;
  counts.handedOn += more.handedOn;
  counts.left += more.left;
  counts.examples = [...counts.examples, ...more.examples].slice(0, EXAMPLES);
}

function idsOf(rows: readonly ImageRow[]): readonly number[] {
  return rows.map(({ id }) => id);
}
