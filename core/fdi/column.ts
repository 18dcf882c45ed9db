/** What a column takes, as far as values are checked before they are sent. */
export type ColumnKind =
  | 'text'
  | 'binary'
  | 'integer'
  | 'decimal'
  | 'float'
  | 'date'
  | 'datetime'
  | 'time'
  | 'year'
  | 'enumeration'
  | 'json'
  | 'other';

/** One column of a target table, as the table itself defines it. */
export interface Column {
  readonly name: string;
  readonly kind: ColumnKind;
  /** The engine's type name: `varchar`, `bigint`. */
  readonly type: string;
  readonly nullable: boolean;
  /** The table fills it when an insert leaves it out. */
  readonly optional: boolean;
  /** Computed by the table: nothing can be written to it. */
  readonly generated: boolean;
  /** Characters of CHAR and VARCHAR, bytes of all other text and binary types. */
  readonly length: number;
  readonly unsigned: boolean;
  readonly precision: number;
  readonly scale: number;
  /** Digits after the second, 0 to 6. */
  readonly fractionDigits: number;
  readonly charset: string;
  readonly caseInsensitive: boolean;
  /** Of texts. */
  readonly collation?: string;
  /** The values of an ENUM. */
  readonly members: readonly string[];
}

/** A row of `COLUMNS_SQL`. */
export type ColumnRow = Readonly<Record<string, unknown>>;

/** Reads a table's columns; `:table` is its name. Casts give both engines and the Data API one type each. */
export const COLUMNS_SQL = `SELECT COLUMN_NAME AS name, CAST(DATA_TYPE AS CHAR) AS type, CAST(COLUMN_TYPE AS CHAR) AS fullType,
  IS_NULLABLE AS nullable, CAST(COLUMN_DEFAULT AS CHAR) AS defaultValue, CHARACTER_MAXIMUM_LENGTH AS length,
  NUMERIC_PRECISION AS digits, NUMERIC_SCALE AS scale, DATETIME_PRECISION AS fractionDigits,
  CHARACTER_SET_NAME AS charset, COLLATION_NAME AS collation, EXTRA AS extra
FROM information_schema.COLUMNS
WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = :table
ORDER BY ORDINAL_POSITION`;

/** Reads a table's unique keys, one row per key and column; `:table` is its name. */
export const UNIQUE_KEYS_SQL = `SELECT INDEX_NAME AS name, COLUMN_NAME AS columnName
FROM information_schema.STATISTICS
WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = :table AND NON_UNIQUE = 0
ORDER BY INDEX_NAME, SEQ_IN_INDEX`;

const KINDS: Readonly<Record<string, ColumnKind>> = {
  char: 'text',
  varchar: 'text',
  tinytext: 'text',
  text: 'text',
  mediumtext: 'text',
  longtext: 'text',
  binary: 'binary',
  varbinary: 'binary',
  tinyblob: 'binary',
  blob: 'binary',
  mediumblob: 'binary',
  longblob: 'binary',
  tinyint: 'integer',
  smallint: 'integer',
  mediumint: 'integer',
  int: 'integer',
  bigint: 'integer',
  decimal: 'decimal',
  float: 'float',
  double: 'float',
  date: 'date',
  datetime: 'datetime',
  timestamp: 'datetime',
  time: 'time',
  year: 'year',
  enum: 'enumeration',
  json: 'json',
};

export function columnsFrom(rows: readonly ColumnRow[]): Column[] {
  return rows.map((row) => {
    const type = String(row['type']).toLowerCase();
    const fullType = String(row['fullType']);
    const extra = String(row['extra'] ?? '').toLowerCase();
    const nullable = row['nullable'] === 'YES';
    const generated = /\b(?:virtual|stored|persistent)\b/.test(extra);

    return {
      name: String(row['name']),
      kind: KINDS[type] ?? 'other',
      type,
      nullable,
      optional: nullable || generated || (row['defaultValue'] ?? null) !== null || extra.includes('auto_increment'),
      generated,
      length: Number(row['length'] ?? 0),
      unsigned: /\bunsigned\b/i.test(fullType),
      precision: Number(row['digits'] ?? 0),
      scale: Number(row['scale'] ?? 0),
      fractionDigits: Number(row['fractionDigits'] ?? 0),
      charset: String(row['charset'] ?? ''),
      caseInsensitive: String(row['collation'] ?? '').endsWith('_ci'),
      ...(typeof row['collation'] === 'string' && { collation: row['collation'] }),
      members: type === 'enum' ? membersOf(fullType) : [],
    };
  });
}

/** The columns of each unique key, the primary key among them. */
export function uniqueKeysFrom(rows: readonly ColumnRow[]): string[][] {
  const keys = new Map<string, string[]>();
  for (const row of rows) {
    const name = String(row['name']);
    keys.set(name, [...(keys.get(name) ?? []), String(row['columnName'])]);
  }

  return [...keys.values()];
}

/** `enum('a','it''s')` → `a`, `it's`. */
function membersOf(fullType: string): string[] {
  return Array.from(fullType.matchAll(/'((?:[^']|'')*)'/g), (match) => (match[1] ?? '').replaceAll("''", "'"));
}
