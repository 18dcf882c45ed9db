import { createHash } from 'node:crypto';
import { InvalidSetting } from '../errors.ts';
import type { MappedColumn } from './mapping.ts';
import type { RunDialect, TableColumn, TableShape } from './run-dialect.ts';
import { type RunRow, type RunSession, type RunStatement, statement } from './run-session.ts';

/** Where images are kept: in the platform's schema, or in the target's own database. */
export interface ImageTables {
  readonly images: string;
  readonly shapes: string;
  readonly log: string;
}

export const PLATFORM_IMAGES: ImageTables = {
  images: 'causeway.before_image',
  shapes: 'causeway.image_shape',
  log: 'causeway.rollback_log',
};
export const EXTERNAL_IMAGES: ImageTables = {
  images: 'causeway_before_image',
  shapes: 'causeway_image_shape',
  log: 'causeway_rollback_log',
};

/** The columns that a table's images hold; keys are those that rows are found again by. */
export interface ImageShape {
  readonly table: string;
  readonly keys: readonly TableColumn[];
  readonly columns: readonly TableColumn[];
}

/** Whose images these are. */
export interface ImageOrder {
  readonly tables: ImageTables;
  readonly task: string;
  readonly shape: ImageShape;
  /** 12 hexadecimal digits, others for other columns. */
  readonly shapeId: string;
  /** Where each of the shape's keys stands in the rows that are written, or what it always is. */
  readonly keyCells: readonly (number | string)[];
  readonly keptSeconds: number;
  /** Of rows that are written; none where they are deleted. */
  readonly batchNumberColumn?: string;
}

/** Of a row that is not there. */
export const NO_ROW = '0'.repeat(32);

/** Where a row stands that a batch has changed. */
export interface ImageRow {
  readonly id: number;
  /** A JSON array of texts. */
  readonly key: string;
  /** The row was not there before the batch. */
  readonly isNew: boolean;
  /** The batch has deleted it. */
  readonly isDeleted: boolean;
  /** The image of a later batch that changed it again. */
  readonly next?: number;
  /** What that batch found is what this one left. */
  readonly isLinked: boolean;
  /** The row is as the batch left it. */
  readonly isSame: boolean;
  readonly isThere: boolean;
}

/** What databases say differently about images. Statements name images by their ids, which are whole numbers. */
export interface ImageDialect {
  /** For the owner of a database where the user may make no tables. */
  readonly definitions: (tables: ImageTables) => readonly string[];
  /** What of a column's values is kept so that it can be put back. */
  readonly isKept: (column: TableColumn) => boolean;
  /** Before the rows are written: what is there, held until the transaction ends. `rows` as the statement that writes them takes them. */
  readonly keep: (order: ImageOrder) => (rows: string, batch: string) => RunStatement;
  /** After they are written: what has become of them, and which of them are new. */
  readonly settle: (order: ImageOrder, batchNumberColumn: string) => (rows: string, batch: string) => RunStatement;
  readonly standing: (tables: ImageTables, shape: ImageShape, ids: readonly number[]) => RunStatement;
  /** Each changes exactly these rows, or fewer when others changed them meanwhile. */
  readonly restore: (tables: ImageTables, shape: ImageShape, ids: readonly number[]) => RunStatement;
  readonly remove: (tables: ImageTables, shape: ImageShape, ids: readonly number[]) => RunStatement;
  readonly insertAgain: (tables: ImageTables, shape: ImageShape, ids: readonly number[]) => RunStatement;
  /** What was before these images comes before those that follow them. */
  readonly handOn: (tables: ImageTables, ids: readonly number[], next: readonly number[]) => RunStatement;
  /** Removes at most so many rows of a batch, in the caller's transaction. @returns how many */
  readonly removeBatch: (session: RunSession, batch: BatchRows, limit: number) => Promise<number>;
  /** Removes at most so many images whose time is over. */
  readonly expire: (tables: ImageTables, table: string, limit: number) => RunStatement;
}

/** Rows that carry a batch's number. */
export interface BatchRows {
  readonly shape: TableShape;
  readonly column: string;
  readonly batch: string;
}

/** What a task does to keep images, decided once. */
export interface ImagePlan {
  /** Before the first batch, each outside of a transaction, and repeatable. */
  readonly prepare: readonly RunStatement[];
  readonly keep: (rows: string, batch: string) => RunStatement;
  readonly settle?: (rows: string, batch: string) => RunStatement;
  /** Now and then: a portion of what is old. */
  readonly expire: RunStatement;
}

export interface ImagePlanning {
  readonly task: string;
  readonly target: {
    readonly table: string;
    readonly write: 'insert' | 'upsert' | 'delete';
    readonly keys: readonly string[];
    readonly batchNumberColumn?: string;
    readonly rollbackSeconds?: number;
  };
  readonly tables: ImageTables;
  readonly dialect: RunDialect;
  readonly shape: TableShape;
  /** All that is written. */
  readonly mapped: readonly MappedColumn[];
  /** Of it, what stands in the rows. */
  readonly cells: readonly MappedColumn[];
}

/** Old images removed at once. */
const PORTION = 2000;

/** @returns undefined for a task whose batches need none: it keeps nothing, or only adds rows. @throws InvalidSetting for a table whose rows cannot be kept */
export function planImages(planning: ImagePlanning): ImagePlan | undefined {
  const { task, target, tables, dialect, shape } = planning;
  const { images } = dialect;
  if (target.rollbackSeconds === undefined || target.write === 'insert') {
    return undefined;
  }
  const held = heldShape(planning);
  const text = heldText(held);
  const batchNumber = held.columns.find(({ name }) => name.toLowerCase() === target.batchNumberColumn?.toLowerCase());
  const order: ImageOrder = {
    ...{ tables, task, shape: held, shapeId: shapeId(text), keptSeconds: target.rollbackSeconds },
    keyCells: held.keys.map(({ name }) => keyCell(planning, name)),
    ...(batchNumber !== undefined && { batchNumberColumn: batchNumber.name }),
  };
  const { batchNumberColumn } = order;
  const once = (id: string, columns: string) =>
    statement(dialect.once(`INSERT INTO ${tables.shapes} (Target, Shape, Held) VALUES (?, ?, ?)`, 'Shape'), [
      shape.name,
      id,
      columns,
    ]);

  return Object.freeze({
    prepare: [once('', ''), once(order.shapeId, text)],
    keep: images.keep(order),
    ...(batchNumberColumn !== undefined && { settle: images.settle(order, batchNumberColumn) }),
    expire: images.expire(tables, shape.name, PORTION),
  });
}

/** What an upsert fills; of a row that is deleted, all that it is. */
function heldShape({ task, target, dialect, shape, mapped }: ImagePlanning): ImageShape {
  const isMapped = (name: string) => mapped.some(({ column }) => column.name === name);
  const columns = shape.columns.filter(
    ({ name, generated }) => !generated && (target.write === 'delete' || isMapped(name)),
  );
  const lost = columns.find((column) => !dialect.images.isKept(column));
  if (lost !== undefined) {
    throw new InvalidSetting(
      `${task}: target.rollback`,
      `${lost.name} (${lost.type})`,
      'a table all of whose columns can be put back; values of this type cannot',
    );
  }
  const keys = target.keys.flatMap((key) => columns.filter(({ name }) => name.toLowerCase() === key.toLowerCase()));

  return { table: shape.name, keys, columns };
}

function keyCell({ mapped, cells }: ImagePlanning, name: string): number | string {
  const entry = mapped.find(({ column }) => column.name === name);

  return entry?.value.kind === 'constant' ? entry.value.text : cells.findIndex(({ column }) => column.name === name);
}

function heldText({ keys, columns }: ImageShape): string {
  return JSON.stringify({ keys: keys.map(({ name }) => name), columns: columns.map(({ name }) => name) });
}

function shapeId(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 12);
}

/** What a shape's text says of the table as it is now. @returns the name of a column that it has no more */
export function shapeFrom(text: string, { name, columns }: TableShape): ImageShape | string {
  const { keys, columns: held } = JSON.parse(text) as { keys: readonly string[]; columns: readonly string[] };
  const missing = held.find((one) => !columns.some((column) => column.name === one));
  const found = (names: readonly string[]) => names.flatMap((one) => columns.filter((column) => column.name === one));

  return missing ?? { table: name, keys: found(keys), columns: found(held) };
}

export function imageRow(row: RunRow): ImageRow {
  const next = row['nextid'];

  return {
    id: Number(row['id']),
    key: String(row['rowkey']),
    isNew: String(row['imagehash']) === NO_ROW,
    isDeleted: String(row['writtenhash']) === NO_ROW,
    ...(next !== null && next !== undefined && { next: Number(next) }),
    isLinked: Number(row['islinked']) === 1,
    isSame: Number(row['issame']) === 1,
    isThere: Number(row['isthere']) === 1,
  };
}

/** Held by whoever writes or undoes a batch of the table, until the transaction ends. */
export function lockStatement(tables: ImageTables, table: string): RunStatement {
  return statement(`SELECT Shape AS shape FROM ${tables.shapes} WHERE Target = ? AND Shape = '' FOR UPDATE`, [table]);
}
