import { lexSql } from '../sql/lexer.ts';
import { mysqlImages } from './before-image-mysql.ts';
import { COLUMNS_SQL, type ColumnRow, columnsFrom, UNIQUE_KEYS_SQL, uniqueKeysFrom } from './column.ts';
import type { MappedColumn } from './mapping.ts';
import type { DatabaseTarget } from './run-destination.ts';
import type { RowStatements, RunDialect, TableColumn, TableShape } from './run-dialect.ts';
import { mysqlErrorNumber, mysqlFault } from './run-fault.ts';
import { comparedCell } from './run-mysql-cell.ts';
import { type RunStatement, statement } from './run-session.ts';
import { type Parameter, quoted, rowsStatement } from './statement.ts';
import type { MetadataType } from './topic-task.ts';

const NO_SUCH_TABLE = 1146;
const PRIMARY = 'PRIMARY';
const TYPES: Readonly<Partial<Record<TableColumn['kind'], MetadataType>>> = {
  integer: 'integer',
  decimal: 'number',
  float: 'number',
  datetime: 'datetime',
  json: 'json',
};

/** MySQL from 8.0.4, MariaDB from 10.6 (both have JSON_TABLE), and Aurora over the Data API. Sessions work in UTC. */
const INDEXES_SQL = `SELECT s.COLUMN_NAME AS name, s.INDEX_NAME AS indexname,
  CASE WHEN c.EXTRA LIKE '%auto_increment%' THEN 1 ELSE 0 END AS grows
FROM information_schema.STATISTICS s JOIN information_schema.COLUMNS c
  ON c.TABLE_SCHEMA = s.TABLE_SCHEMA AND c.TABLE_NAME = s.TABLE_NAME AND c.COLUMN_NAME = s.COLUMN_NAME
WHERE s.TABLE_SCHEMA = DATABASE() AND s.TABLE_NAME = ? AND s.SEQ_IN_INDEX = 1`;

export const mysqlDialect: RunDialect = {
  quoted,
  now: 'UTC_TIMESTAMP(3)',
  in: (seconds) => `UTC_TIMESTAMP(3) + INTERVAL ${seconds} SECOND`,
  time: 'CAST(? AS DATETIME(3))',
  timeText: (expression) => `CAST(${expression} AS CHAR)`,
  once: (insert, key) => `${insert} ON DUPLICATE KEY UPDATE ${key} = ${key}`,
  text: {
    type: 'CHARACTER SET ascii COLLATE ascii_bin',
    time: 'DATETIME(3)',
    long: 'MEDIUMTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin',
  },
  brief: ['SET SESSION innodb_lock_wait_timeout = 5', 'SET SESSION wait_timeout = 120'],
  isMissing: (error) => mysqlErrorNumber(error) === NO_SUCH_TABLE,
  faultOf: mysqlFault,
  images: mysqlImages,

  async indexes(session, table) {
    const rows = await session.query(statement(INDEXES_SQL, [table]));
    const growing = rows.find((row) => Number(row['grows']) === 1);

    return {
      growing: growing && String(growing['name']),
      using: new Map(
        rows.map((row) => [String(row['name']).toLowerCase(), ` FORCE INDEX (${quoted(String(row['indexname']))})`]),
      ),
    };
  },

  async describe(session, table) {
    const columns = await session.query(positional(COLUMNS_SQL, { table }));
    if (columns.length === 0) {
      return undefined;
    }
    const keys = await session.query(positional(UNIQUE_KEYS_SQL, { table }));
    const collations = new Map(columns.map((row) => [String(row['name']), String(row['collation'] ?? '')]));
    const primaryKey = keys.filter((row) => row['name'] === PRIMARY).map((row) => String(row['columnName']));

    return {
      name: table,
      columns: columnsFrom(columns as readonly ColumnRow[]).map((column) => ({
        ...column,
        as: collations.get(column.name) ?? '',
      })),
      uniqueKeys: uniqueKeysFrom(keys as readonly ColumnRow[]),
      primaryKey,
    };
  },

  read({ kind, type }, expression) {
    switch (kind) {
      case 'binary':
      case 'other':
        return undefined;
      case 'integer':
        // TINYINT(1) would be a boolean for some of those who read it.
        return type === 'tinyint' ? `${expression} + 0` : expression;
      case 'float':
      case 'date':
      case 'time':
        return `CAST(${expression} AS CHAR)`;
      case 'datetime':
        return type === 'timestamp' ? `CONCAT(CAST(${expression} AS CHAR), 'Z')` : `CAST(${expression} AS CHAR)`;
      default:
        return expression;
    }
  },

  typeOf: ({ kind }) => TYPES[kind] ?? 'string',

  bound(column) {
    switch (column?.kind) {
      case 'integer':
        return `CAST(? AS ${column.unsigned ? 'UNSIGNED' : 'SIGNED'})`;
      case 'decimal':
        return `CAST(? AS DECIMAL(${column.precision}, ${column.scale}))`;
      case 'datetime':
        return 'CAST(? AS DATETIME(6))';
      case 'date':
        return 'CAST(? AS DATE)';
      default:
        return '?';
    }
  },

  rows: (target, shape, mapped) =>
    target.write === 'delete' ? deletion(target, shape, mapped) : writing(target, shape, mapped),
};

function writing(target: DatabaseTarget, shape: TableShape, mapped: readonly MappedColumn[]): RowStatements {
  const { write, ...rest } = target;
  const { sql, cells, constants } = rowsStatement({ ...rest, write: write === 'upsert' ? 'upsert' : 'insert' }, mapped);
  const [first] = target.keys;
  // Somebody else may have added it since it was looked for.
  const guarded =
    write === 'insert' && first !== undefined
      ? `${sql}\nON DUPLICATE KEY UPDATE ${quoted(first)} = ${quoted(target.table)}.${quoted(first)}`
      : sql;
  const prepared = named(guarded);
  const fixed = Object.fromEntries(constants.map(({ name, value }) => [name, textOf(value)]));

  return {
    cells,
    write: (rows, batch) => prepared({ ...fixed, rows, batch }),
    ...(target.keys.length > 0 && { settled: settled(target, shape, cells) }),
  };
}

/** What is there as it is: with insert by its key alone, with upsert by all of its columns, or because it is newer. */
function settled(target: DatabaseTarget, shape: TableShape, cells: readonly MappedColumn[]) {
  const isKey = (name: string) => target.keys.some((key) => same(key, name));
  const at = (entry: MappedColumn) => ({ entry, cell: `j.c${cells.indexOf(entry)}` });
  const keys = cells.filter(({ column }) => isKey(column.name)).map(at);
  const others = cells.filter(({ column }) => !isKey(column.name)).map(at);
  const time = others.find(({ entry }) => same(target.eventTimeColumn, entry.column.name));
  const column = (entry: MappedColumn) => shapeColumn(shape, entry);
  const equal = others.map(({ entry, cell }) => sameValue(column(entry), cell)).join(' AND ') || 'TRUE';
  const stale = time && `t.${quoted(time.entry.column.name)} > ${comparedCell(column(time.entry), time.cell)}`;
  const condition = target.write === 'insert' ? 'TRUE' : stale === undefined ? equal : `((${equal}) OR ${stale})`;
  const sql = `SELECT j.n AS n FROM ${table(cells)}
STRAIGHT_JOIN ${quoted(target.table)} t ON ${keys.map(({ entry, cell }) => `t.${quoted(entry.column.name)} = ${comparedCell(column(entry), cell)}`).join(' AND ')}
WHERE ${condition}`;

  return (rows: string) => statement(sql, [rows]);
}

function deletion(target: DatabaseTarget, shape: TableShape, mapped: readonly MappedColumn[]): RowStatements {
  const keys = mapped.map((entry, index) => {
    const name = quoted(entry.column.name);

    return `t.${name} = ${comparedCell(shapeColumn(shape, entry), `j.c${index}`)}`;
  });
  const sql = `DELETE t FROM ${table(mapped)} STRAIGHT_JOIN ${quoted(target.table)} t ON ${keys.join(' AND ')}`;

  return { cells: mapped, write: (rows) => statement(sql, [rows]) };
}

function table(cells: readonly MappedColumn[]): string {
  const columns = cells.map(({ column: { kind, length } }, at) => {
    const long = kind === 'json' || ((kind === 'text' || kind === 'binary') && length >= 16_384);

    return `c${at} ${long ? 'LONGTEXT' : 'TEXT'} PATH '$[${at}]' ERROR ON ERROR`;
  });

  return `JSON_TABLE(?, '$[*]' COLUMNS(n FOR ORDINALITY, ${columns.join(', ')})) j`;
}

/** Texts byte by byte: a collation may hold for equal what is not. */
function sameValue(column: TableColumn, cell: string): string {
  const stored = `t.${quoted(column.name)}`;
  if (column.kind === 'text' || column.kind === 'enumeration' || column.kind === 'json') {
    return `CAST(CONVERT(${stored} USING utf8mb4) AS BINARY) <=> CAST(CONVERT(${cell} USING utf8mb4) AS BINARY)`;
  }

  return `${stored} <=> ${comparedCell(column, cell)}`;
}

function shapeColumn({ columns }: TableShape, { column }: MappedColumn): TableColumn {
  return columns.find(({ name }) => name === column.name) ?? { ...column, as: '' };
}

function same(name: string | undefined, other: string): boolean {
  return name?.toLowerCase() === other.toLowerCase();
}

function textOf(value: Parameter['value']): string {
  return 'stringValue' in value ? value.stringValue : String(value.longValue);
}

function positional(sql: string, values: Readonly<Record<string, string>>): RunStatement {
  return named(sql)(values);
}

/** `:name` → `?`, once; then the values in the order of their places. */
function named(sql: string): (values: Readonly<Record<string, string>>) => RunStatement {
  const names: string[] = [];
  const text = lexSql(sql)
    .map(({ kind, text: piece }) =>
      kind === 'code'
        ? piece.replace(/:(\w+)/g, (_, name: string) => {
            names.push(name);

            return '?';
          })
        : piece,
    )
    .join('');

  return (values) =>
    statement(
      text,
      names.map((name) => values[name] ?? null),
    );
}
