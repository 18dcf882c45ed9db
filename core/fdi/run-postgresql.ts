import { postgresqlImages } from './before-image-postgresql.ts';
import type { ColumnKind } from './column.ts';
import type { MappedColumn } from './mapping.ts';
import type { DatabaseTarget } from './run-destination.ts';
import type { RowStatements, RunDialect, TableColumn, TableShape } from './run-dialect.ts';
import { postgresqlFault, sqlState } from './run-fault.ts';
import { type RunRow, statement } from './run-session.ts';
import type { MetadataType } from './topic-task.ts';

const UNDEFINED_TABLE = '42P01';
const KINDS: Readonly<Record<string, ColumnKind>> = {
  int2: 'integer',
  int4: 'integer',
  int8: 'integer',
  numeric: 'decimal',
  float4: 'float',
  float8: 'float',
  varchar: 'text',
  bpchar: 'text',
  text: 'text',
  citext: 'text',
  uuid: 'text',
  bool: 'enumeration',
  date: 'date',
  timestamp: 'datetime',
  timestamptz: 'datetime',
  time: 'time',
  json: 'json',
  jsonb: 'json',
  bytea: 'binary',
};
/** What MySQL calls a type of the same range: the conversions go by these. */
const NAMES: Readonly<Record<string, string>> = {
  int2: 'smallint',
  int4: 'int',
  int8: 'bigint',
  float4: 'float',
  float8: 'double',
};
const TRUTHS = ['true', 'false', 't', 'f', '1', '0'];
const TYPES: Readonly<Partial<Record<ColumnKind, MetadataType>>> = {
  integer: 'integer',
  decimal: 'number',
  float: 'number',
  datetime: 'datetime',
  json: 'json',
};
/** Of a type without a length. */
const ENDLESS = 1_000_000_000;
const WIDEST = { precision: 131_072 + 16_383, scale: 16_383 };
const INSTANT = `'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'`;

/** A name is first looked for as it is written, then without regard to case: names that were not quoted are lower case. */
const TABLE_SQL = `SELECT table_name AS name FROM information_schema.tables
WHERE table_schema = current_schema() AND lower(table_name) = lower(?) ORDER BY table_name = ? DESC LIMIT 1`;
const COLUMNS_SQL = `SELECT column_name AS name, udt_name AS type, udt_schema AS typeschema, data_type AS datatype, is_nullable AS nullable,
  column_default AS standard, is_generated AS generated, is_identity AS identity, identity_generation AS identitykind,
  character_maximum_length AS length, numeric_precision AS digits, numeric_scale AS scale, datetime_precision AS fraction
FROM information_schema.columns WHERE table_schema = current_schema() AND table_name = ? ORDER BY ordinal_position`;
const KEYS_SQL = `SELECT i.indexrelid::text AS name, i.indisprimary AS isprimary, a.attname::text AS columnname
FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid JOIN pg_namespace s ON s.oid = c.relnamespace
CROSS JOIN LATERAL unnest(i.indkey::int2[]) WITH ORDINALITY AS k(number, place)
JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.number
WHERE s.nspname = current_schema() AND c.relname = ? AND i.indisunique AND i.indpred IS NULL AND i.indexprs IS NULL
  AND k.place <= i.indnkeyatts
ORDER BY i.indisprimary DESC, i.indexrelid, k.place`;

/** PostgreSQL from 11, by its driver, whose sessions work in UTC. */
/** Whole ones of usual order. `grows`: its values come from a sequence. */
const INDEXES_SQL = `SELECT a.attname AS name,
  CASE WHEN a.attidentity <> '' OR pg_get_expr(d.adbin, d.adrelid) LIKE 'nextval(%' THEN 1 ELSE 0 END AS grows
FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0]
JOIN pg_class x ON x.oid = i.indexrelid JOIN pg_am m ON m.oid = x.relam
LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
WHERE i.indrelid = to_regclass(quote_ident(?)) AND i.indisvalid AND i.indpred IS NULL AND m.amname = 'btree'`;

export const postgresqlDialect: RunDialect = {
  quoted,
  now: "(clock_timestamp() AT TIME ZONE 'UTC')",
  in: (seconds) => `(clock_timestamp() AT TIME ZONE 'UTC' + interval '${seconds} seconds')`,
  time: 'CAST(? AS timestamp(3))',
  timeText: (expression) => `to_char(${expression}, 'YYYY-MM-DD HH24:MI:SS.MS')`,
  once: (insert) => `${insert} ON CONFLICT DO NOTHING`,
  text: { type: '', time: 'timestamp(3)', long: 'text' },
  brief: ["SET lock_timeout TO '5s'", "SET idle_in_transaction_session_timeout TO '120s'"],
  isMissing: (error) => sqlState(error) === UNDEFINED_TABLE,
  faultOf: postgresqlFault,
  images: postgresqlImages,

  async indexes(session, table) {
    const rows = await session.query(statement(INDEXES_SQL, [table]));
    const growing = rows.find((row) => Number(row['grows']) === 1);

    // It finds its way by itself.
    return {
      growing: growing && String(growing['name']),
      using: new Map(rows.map((row) => [String(row['name']).toLowerCase(), ''])),
    };
  },

  async describe(session, table) {
    const [found] = await session.query(statement(TABLE_SQL, [table, table]));
    if (found === undefined) {
      return undefined;
    }
    const name = String(found['name']);
    const columns = await session.query(statement(COLUMNS_SQL, [name]));
    const keys = await session.query(statement(KEYS_SQL, [name]));
    const byKey = Map.groupBy(keys, (row) => String(row['name']));
    const namesOf = (rows: readonly RunRow[]) => rows.map((row) => String(row['columnname']));

    return {
      name,
      columns: columns.map(columnOf),
      uniqueKeys: [...byKey.values()].map(namesOf),
      primaryKey: namesOf(keys.filter((row) => row['isprimary'] === true)),
    };
  },

  read({ kind, type }, expression) {
    switch (kind) {
      case 'binary':
      case 'other':
        return undefined;
      case 'datetime':
        return type === 'timestamptz' ? `to_char(${expression} AT TIME ZONE 'UTC', ${INSTANT})` : `${expression}::text`;
      case 'integer':
      case 'decimal':
      case 'enumeration':
        return expression;
      default:
        return `${expression}::text`;
    }
  },

  typeOf: ({ kind, type }) => (type === 'bool' ? 'boolean' : (TYPES[kind] ?? 'string')),
  bound: (column) => (column === undefined ? '?' : `CAST(? AS ${column.as})`),

  rows(target, shape, mapped) {
    if (target.write === 'delete') {
      return deletion(shape, mapped);
    }

    return writing(target, shape, mapped);
  },
};

function writing(target: DatabaseTarget, shape: TableShape, mapped: readonly MappedColumn[]): RowStatements {
  const cells = mapped.filter(({ value }) => value.kind !== 'constant' && value.kind !== 'batchNumber');
  const values: ((rows: string, batch: string) => string)[] = [];
  const expressions = mapped.map((entry) => {
    const { value } = entry;
    if (value.kind !== 'constant' && value.kind !== 'batchNumber') {
      return made(columnIn(shape, entry), `(r.value->>${cells.indexOf(entry)})`);
    }
    values.push((_rows, batch) => (value.kind === 'constant' ? value.text : batch));

    return made(columnIn(shape, entry), 'CAST(? AS text)');
  });
  const sql = [
    `INSERT INTO ${quoted(shape.name)} (${mapped.map(({ column }) => quoted(column.name)).join(', ')})`,
    `SELECT ${expressions.join(', ')} FROM ${SOURCE} ORDER BY r.n`,
    ...conflict(target, shape, mapped),
  ].join('\n');

  return {
    cells,
    write: (rows, batch) => statement(sql, [...values.map((value) => value(rows, batch)), rows]),
    ...(target.keys.length > 0 && { settled: settled(target, shape, cells) }),
  };
}

const SOURCE = 'json_array_elements(CAST(? AS json)) WITH ORDINALITY AS r(value, n)';

/** With an event time, what is older than the stored row changes nothing. */
function conflict(target: DatabaseTarget, shape: TableShape, mapped: readonly MappedColumn[]): string[] {
  if (target.keys.length === 0) {
    return [];
  }
  const isKey = (name: string) => target.keys.some((key) => same(key, name));
  const keys = mapped.filter(({ column }) => isKey(column.name)).map(({ column }) => quoted(column.name));
  const updated = mapped.filter(({ column }) => !isKey(column.name)).map(({ column }) => quoted(column.name));
  if (target.write === 'insert' || updated.length === 0) {
    return [`ON CONFLICT (${keys.join(', ')}) DO NOTHING`];
  }
  const time = mapped.find(({ column }) => same(target.eventTimeColumn, column.name));
  const stored = time && `${quoted(shape.name)}.${quoted(time.column.name)}`;
  const guard = time ? [`WHERE COALESCE(EXCLUDED.${quoted(time.column.name)} >= ${stored}, TRUE)`] : [];

  return [
    `ON CONFLICT (${keys.join(', ')}) DO UPDATE SET ${updated.map((name) => `${name} = EXCLUDED.${name}`).join(', ')}`,
    ...guard,
  ];
}

/** What is there as it is: with insert by its key alone, with upsert by all of its columns, or because it is newer. */
function settled(target: DatabaseTarget, shape: TableShape, cells: readonly MappedColumn[]) {
  const isKey = (name: string) => target.keys.some((key) => same(key, name));
  const sides = cells.map((entry, cell) => {
    const column = columnIn(shape, entry);

    return { column, stored: `t.${quoted(column.name)}`, given: made(column, `(r.value->>${cell})`) };
  });
  const keys = sides.filter(({ column }) => isKey(column.name));
  const others = sides.filter(({ column }) => !isKey(column.name));
  const equal = others.map(({ column, stored, given }) => {
    // JSON as it was written has no equality.
    const comparable = (side: string) => (column.kind === 'json' ? `${side}::jsonb` : side);

    return `${comparable(stored)} IS NOT DISTINCT FROM ${comparable(given)}`;
  });
  const time = others.find(({ column }) => same(target.eventTimeColumn, column.name));
  const stale = time === undefined ? 'FALSE' : `${time.stored} > ${time.given}`;
  const condition = target.write === 'insert' ? 'TRUE' : `((${equal.join(' AND ') || 'TRUE'}) OR ${stale})`;
  const sql = `SELECT r.n AS n FROM ${SOURCE}
JOIN ${quoted(shape.name)} t ON ${keys.map(({ stored, given }) => `${stored} = ${given}`).join(' AND ')}
WHERE ${condition}`;

  return (rows: string) => statement(sql, [rows]);
}

function deletion(shape: TableShape, mapped: readonly MappedColumn[]): RowStatements {
  const keys = mapped.map((entry, cell) => {
    const column = columnIn(shape, entry);

    return `t.${quoted(column.name)} = ${made(column, `(r.value->>${cell})`)}`;
  });
  const sql = `DELETE FROM ${quoted(shape.name)} t USING ${SOURCE} WHERE ${keys.join(' AND ')}`;

  return { cells: mapped, write: (rows) => statement(sql, [rows]) };
}

/** A text made into what its column holds; without a length, since a cast to one would cut it. */
function made({ kind, as }: TableColumn, text: string): string {
  return kind === 'binary' ? `convert_to(${text}, 'UTF8')` : `CAST(${text} AS ${as})`;
}

function columnOf(row: RunRow): TableColumn {
  const type = String(row['type']);
  const isOwnType = row['datatype'] === 'USER-DEFINED';
  const kind = KINDS[type] ?? (isOwnType ? 'text' : 'other');
  const generated = row['generated'] === 'ALWAYS' || row['identitykind'] === 'ALWAYS';
  const nullable = row['nullable'] === 'YES';
  const isUnbounded = type === 'numeric' && row['digits'] === null;

  return {
    name: String(row['name']),
    kind,
    type: NAMES[type] ?? type,
    nullable,
    optional: nullable || generated || row['standard'] !== null || row['identity'] === 'YES',
    generated,
    length: type === 'uuid' ? 36 : Number(row['length'] ?? ENDLESS),
    unsigned: false,
    precision: isUnbounded ? WIDEST.precision : Number(row['digits'] ?? 0),
    scale: isUnbounded ? WIDEST.scale : Number(row['scale'] ?? 0),
    fractionDigits: Number(row['fraction'] ?? 6),
    charset: '',
    caseInsensitive: type === 'citext',
    members: type === 'bool' ? TRUTHS : [],
    as: isOwnType ? `${quoted(String(row['typeschema']))}.${quoted(type)}` : type,
  };
}

function columnIn({ columns }: TableShape, { column }: MappedColumn): TableColumn {
  return columns.find(({ name }) => name === column.name) ?? { ...column, as: 'text' };
}

function same(name: string | undefined, other: string): boolean {
  return name?.toLowerCase() === other.toLowerCase();
}

function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
