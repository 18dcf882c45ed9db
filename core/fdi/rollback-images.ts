import { Refusal } from '../errors.ts';
import { type ImageRow, type ImageShape, imageRow, lockStatement, shapeFrom } from './before-image.ts';
import type { LeftReason, LeftRow, RollbackPorts, RollbackRequest } from './rollback-batch.ts';
import { WAITS_MS } from './rollback-inserted.ts';
import type { TableShape } from './run-dialect.ts';
import { type RunSession, statement } from './run-session.ts';

/** A batch that is being undone. */
export interface Undoing extends RollbackPorts {
  readonly shape: TableShape;
  readonly request: RollbackRequest;
}

/** What has become of its rows. */
export interface Counts {
  restored: number;
  deleted: number;
  handedOn: number;
  left: number;
  examples: LeftRow[];
}

/** Rows undone in one transaction. */
const AT_ONCE = 200;
const EXAMPLES = 20;
/** A piece that is not begun any more with less than that. */
export const RESERVE_MS = 6000;

/** The rows are not what they were when they were looked at: they are looked at again. */
class RowsChanged extends Error {
  override readonly name = 'RowsChanged';
}

/** Undoes a batch image by image, some hundred at a time. @returns behind which image to go on, when its time is over */
export async function undoImages(undoing: Undoing, session: RunSession, counts: Counts): Promise<number | undefined> {
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
    const { counts, restore, insertAgain, remove, handOn, forget } = sorted(
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
    const undone = idsOf([...handOn, ...restore, ...insertAgain, ...remove, ...forget]);
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
  const handOn: ImageRow[] = [];
  const restore: ImageRow[] = [];
  const insertAgain: ImageRow[] = [];
  const remove: ImageRow[] = [];
  const forget: ImageRow[] = [];
  const examples: LeftRow[] = [];
  for (const row of rows) {
    const reason = reasonToLeave(row);
    if (reason !== undefined) {
      examples.push(left(shape, row, reason));
    } else if (row.next !== undefined) {
      handOn.push(row);
    } else if (row.isDeleted) {
      // What was neither before nor after it, since a batch in between was undone, is only forgotten.
      (row.isNew ? forget : insertAgain).push(row);
    } else {
      (row.isNew ? remove : restore).push(row);
    }
  }
  const counts: Counts = {
    restored: restore.length + insertAgain.length + forget.length,
    deleted: remove.length,
    handedOn: handOn.length,
    left: examples.length,
    examples,
  };

  return { counts, handOn, restore, insertAgain, remove, forget };
}

/** Why what a batch did is not undone: somebody else did something since. */
export function reasonToLeave({
  next,
  isLinked,
  isSame,
  isThere,
}: Pick<ImageRow, 'isLinked' | 'isSame' | 'isThere'> & { readonly next?: unknown }): LeftReason | undefined {
  if (next !== undefined) {
    return isLinked ? undefined : 'changed-between';
  }
  if (isSame) {
    return undefined;
  }

  return isThere ? 'changed' : 'gone';
}

async function exactly(session: RunSession, rows: number, change: () => ReturnType<typeof statement>): Promise<void> {
  if (rows > 0 && (await session.change(change())) !== rows) {
    throw new RowsChanged('the rows have changed since they were looked at');
  }
}

/** Writes down what was undone, in the transaction that undoes it. */
export async function note(
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

function left({ keys }: ImageShape, { key }: ImageRow, reason: LeftReason, error?: unknown): LeftRow {
  const texts = JSON.parse(key) as readonly string[];
  const message = error instanceof Error ? error.message.slice(0, 300) : undefined;

  return {
    key: Object.fromEntries(keys.map(({ name }, at) => [name, texts[at] ?? ''])),
    reason,
    ...(message !== undefined && { message }),
  };
}

export function add(counts: Counts, more: Counts): void {
  counts.restored += more.restored;
  counts.deleted += more.deleted;
  counts.handedOn += more.handedOn;
  counts.left += more.left;
  counts.examples = [...counts.examples, ...more.examples].slice(0, EXAMPLES);
}

function idsOf(rows: readonly ImageRow[]): readonly number[] {
  return rows.map(({ id }) => id);
}
