import { createHash } from 'node:crypto';
import { InvalidSetting } from '../errors.ts';
import type { RunDialect, TableColumn, TableShape } from './run-dialect.ts';
import type { KeysetQuery } from './run-keyset.ts';
import type { SourceField } from './run-ports.ts';
import { type OpenSession, type RunSession, statement } from './run-session.ts';
import type { DatabaseSource } from './run-source.ts';

export interface DatabaseReading {
  readonly source: DatabaseSource;
  readonly dialect: RunDialect;
  readonly open: OpenSession;
  readonly pageSize: number;
  /** For messages: the task's name. */
  readonly where: string;
}

/** How a source is asked, decided once: its columns are known then. */
export interface SourceQuery {
  readonly of: string;
  /** `SELECT … FROM …` */
  readonly select: string;
  readonly from: string;
  /** What it is read by: the growing column, if there is one, and the key. */
  readonly keys: readonly string[];
  /** What tells its rows apart. */
  readonly key: readonly string[];
  readonly order: KeysetQuery['order'];
  readonly increment?: { readonly sql: string; readonly bound: string };
  readonly fields: readonly SourceField[];
}

/** Asks the database what it has to know, once. @throws InvalidSetting for a source that cannot be read as it is declared */
export function sourceQuery(session: RunSession, reading: DatabaseReading): Promise<SourceQuery> {
  return reading.source.table === undefined ? selectQuery(session, reading) : tableQuery(session, reading);
}

/** What a mark is good for. */
export function subjectOf({ table, sql, increment }: DatabaseSource): string {
  return `${table ?? hashOf(sql ?? '')} ${increment?.column ?? ''}`;
}

function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 12);
}

async function tableQuery(session: RunSession, reading: DatabaseReading): Promise<SourceQuery> {
  const { source, dialect, where } = reading;
  const shape = await dialect.describe(session, source.table ?? '');
  if (shape === undefined) {
    throw new InvalidSetting(
      `${where}: source.table`,
      source.table,
      'a table that the user of the source may read; it sees none of this name',
    );
  }
  const find = (name: string, setting: string) => columnOf(shape, name, `${where}: source.${setting}`);
  const key = (source.key ?? shape.primaryKey).map((name) => find(name, 'key'));
  if (key.length === 0) {
    throw new InvalidSetting(
      `${where}: source.key`,
      source.key,
      'the columns that tell its rows apart: the table has no primary key',
    );
  }
  checkNotNull(key, shape, where);
  const growing = source.increment && find(source.increment.column, 'increment.column');
  const order = orderedOnce(growing, key);
  const wanted = (source.columns ?? shape.columns.map(({ name }) => name)).map((name) => find(name, 'columns'));
  const isDeclared = source.columns !== undefined;
  const selected = new Map<TableColumn, string>();
  for (const column of wanted) {
    const read = dialect.read(column, dialect.quoted(column.name));
    if (read === undefined && isDeclared) {
      throw new InvalidSetting(
        `${where}: source.columns`,
        `${column.name} (${column.type})`,
        'columns of texts, numbers, dates and JSON: bytes and others are read by `sql`, as text',
      );
    }
    if (read !== undefined) {
      selected.set(column, read);
    }
  }
  const fields = [...selected.keys()].map(({ name }) => name);
  for (const column of order) {
    const read = dialect.read(column, dialect.quoted(column.name));
    if (read === undefined) {
      throw new InvalidSetting(
        `${where}: source.key`,
        `${column.name} (${column.type})`,
        'columns of texts, numbers or dates',
      );
    }
    selected.set(column, read);
  }
  const list = [...selected].map(([column, read]) =>
    read === dialect.quoted(column.name) ? read : `${read} AS ${dialect.quoted(column.name)}`,
  );
  const from = dialect.quoted(shape.name);

  return {
    of: placeOf(source, order),
    select: `SELECT ${list.join(', ')} FROM ${from}`,
    from,
    keys: order.map(({ name }) => name),
    key: key.map(({ name }) => name),
    order: order.map((column) => ({ sql: dialect.quoted(column.name), bound: dialect.bound(column) })),
    ...(growing && { increment: { sql: dialect.quoted(growing.name), bound: dialect.bound(growing) } }),
    fields: fields.map((name) => fieldOf(name, source.types?.[name] ?? dialect.typeOf(find(name, 'columns')))),
  };
}

/** Of a SELECT the columns are known by asking for none of its rows: one row of nothing has their names. */
async function selectQuery(session: RunSession, { source, dialect, where }: DatabaseReading): Promise<SourceQuery> {
  const from = `(${source.sql}) s`;
  const [row = {}] = await session.query(statement(`SELECT s.* FROM (SELECT 1 AS one) o LEFT JOIN ${from} ON 1 = 0`));
  const names = Object.keys(row);
  const find = (name: string, setting: string) => {
    const found =
      names.find((candidate) => candidate === name) ??
      names.find((candidate) => candidate.toLowerCase() === name.toLowerCase());
    if (found === undefined) {
      throw new InvalidSetting(`${where}: source.${setting}`, name, `a column of the SELECT: ${names.join(', ')}`);
    }

    return found;
  };
  const key = (source.key ?? []).map((name) => find(name, 'key'));
  const growing = source.increment && find(source.increment.column, 'increment.column');
  const keys = growing === undefined ? key : [growing, ...key.filter((name) => name !== growing)];
  const place = (name: string) => ({ sql: `s.${dialect.quoted(name)}`, bound: dialect.bound(undefined) });

  return {
    of: placeOf(
      source,
      keys.map((name) => ({ name })),
    ),
    select: `SELECT s.* FROM ${from}`,
    from,
    keys,
    key,
    order: keys.map(place),
    ...(growing !== undefined && { increment: place(growing) }),
    fields: names.map((name) => fieldOf(name, source.types?.[name] ?? 'string')),
  };
}

/** Columns that come and go change nothing about where a row is. */
function placeOf(source: DatabaseSource, order: readonly { readonly name: string }[]): string {
  return hashOf(JSON.stringify([subjectOf(source), source.condition, order.map(({ name }) => name)]));
}

function orderedOnce(growing: TableColumn | undefined, key: readonly TableColumn[]): readonly TableColumn[] {
  return growing === undefined ? key : [growing, ...key.filter((column) => column !== growing)];
}

function columnOf(shape: TableShape, name: string, where: string): TableColumn {
  const { columns } = shape;
  const found =
    columns.find((column) => column.name === name) ??
    columns.find((column) => column.name.toLowerCase() === name.toLowerCase());
  if (found === undefined) {
    throw new InvalidSetting(
      where,
      name,
      `a column of ${shape.name}: ${columns.map((column) => column.name).join(', ')}`,
    );
  }

  return found;
}

function checkNotNull(key: readonly TableColumn[], { name }: TableShape, where: string): void {
  const nullable = key.find((column) => column.nullable);
  if (nullable !== undefined) {
    throw new InvalidSetting(
      `${where}: source.key`,
      nullable.name,
      `columns of ${name} that take no NULL: rows without a value would not be read`,
    );
  }
}

function fieldOf(name: string, type: SourceField['type']): SourceField {
  return { name, type, path: [name] };
}
