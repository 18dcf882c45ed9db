import mysql, { type FieldPacket } from 'mysql2';

/** How a column's values stand in an answer. */
export type ValueKind = 'boolean' | 'long' | 'double' | 'decimal' | 'string' | 'blob';

export interface Column {
  readonly field: FieldPacket;
  readonly label: string;
  readonly kind: ValueKind;
  /** As the JDBC driver names and numbers it (java.sql.Types). */
  readonly typeName: string;
  readonly jdbcType: number;
  readonly isSigned: boolean;
  readonly isBinary: boolean;
  /** Digits behind the point of a time's seconds, which the driver leaves out when they are zeros. */
  readonly fraction: number;
}

const { Types } = mysql;
const FLAGS = { notNull: 1, unsigned: 32, binary: 128, enum: 256, autoIncrement: 512, set: 2048 };
const BINARY_CHARSET = 63;
/** Results come in utf8mb4, and lengths count bytes. */
const BYTES_PER_CHARACTER = 4;

const JDBC = {
  BIT: -7,
  TINYINT: -6,
  BIGINT: -5,
  LONGVARBINARY: -4,
  VARBINARY: -3,
  BINARY: -2,
  LONGVARCHAR: -1,
  NULL: 0,
  CHAR: 1,
  DECIMAL: 3,
  INTEGER: 4,
  SMALLINT: 5,
  REAL: 7,
  DOUBLE: 8,
  VARCHAR: 12,
  DATE: 91,
  TIME: 92,
  TIMESTAMP: 93,
};

type TypeFacts = readonly [typeName: string, jdbcType: number, kind: ValueKind];

const NUMBERS: Readonly<Record<number, TypeFacts>> = {
  [Types.TINY]: ['TINYINT', JDBC.TINYINT, 'long'],
  [Types.SHORT]: ['SMALLINT', JDBC.SMALLINT, 'long'],
  [Types.INT24]: ['MEDIUMINT', JDBC.INTEGER, 'long'],
  [Types.LONG]: ['INT', JDBC.INTEGER, 'long'],
  [Types.LONGLONG]: ['BIGINT', JDBC.BIGINT, 'long'],
  [Types.FLOAT]: ['FLOAT', JDBC.REAL, 'double'],
  [Types.DOUBLE]: ['DOUBLE', JDBC.DOUBLE, 'double'],
  [Types.DECIMAL]: ['DECIMAL', JDBC.DECIMAL, 'decimal'],
  [Types.NEWDECIMAL]: ['DECIMAL', JDBC.DECIMAL, 'decimal'],
};

const OTHERS: Readonly<Record<number, TypeFacts>> = {
  [Types.NULL]: ['NULL', JDBC.NULL, 'string'],
  [Types.YEAR]: ['YEAR', JDBC.DATE, 'string'],
  [Types.DATE]: ['DATE', JDBC.DATE, 'string'],
  [Types.NEWDATE]: ['DATE', JDBC.DATE, 'string'],
  [Types.TIME]: ['TIME', JDBC.TIME, 'string'],
  [Types.DATETIME]: ['DATETIME', JDBC.TIMESTAMP, 'string'],
  [Types.TIMESTAMP]: ['TIMESTAMP', JDBC.TIMESTAMP, 'string'],
  [Types.JSON]: ['JSON', JDBC.LONGVARCHAR, 'string'],
  [Types.GEOMETRY]: ['GEOMETRY', JDBC.BINARY, 'blob'],
};

/** By the most characters a value may have. */
const TEXTS: readonly (readonly [number, string])[] = [
  [255, 'TINYTEXT'],
  [65_535, 'TEXT'],
  [16_777_215, 'MEDIUMTEXT'],
];
const BLOBS: readonly (readonly [number, string])[] = [
  [255, 'TINYBLOB'],
  [65_535, 'BLOB'],
  [16_777_215, 'MEDIUMBLOB'],
];

export function columnOf(field: FieldPacket): Column {
  const flags = Number(field.flags);
  const isBinary = field.characterSet === BINARY_CHARSET;
  const [typeName, jdbcType, kind] = factsOf(field, flags, isBinary);
  const isTemporal = [Types.TIME, Types.DATETIME, Types.TIMESTAMP].includes(field.columnType ?? -1);

  return {
    field,
    label: field.name,
    kind,
    typeName,
    jdbcType,
    isSigned: field.columnType !== undefined && field.columnType in NUMBERS && (flags & FLAGS.unsigned) === 0,
    isBinary,
    fraction: isTemporal && field.decimals <= 6 ? field.decimals : 0,
  };
}

function factsOf(field: FieldPacket, flags: number, isBinary: boolean): TypeFacts {
  const { columnType: type = -1, columnLength: length = 0, extendedFormat } = field;
  // MariaDB keeps JSON as LONGTEXT and says so only in its extended metadata.
  if (extendedFormat === 'json') return OTHERS[Types.JSON] as TypeFacts;
  // The drivers take BIT(1) and TINYINT(1) for booleans (tinyInt1isBit), and the Data API with them.
  if (type === Types.BIT) return length === 1 ? ['BIT', JDBC.BIT, 'boolean'] : ['BIT', JDBC.VARBINARY, 'blob'];
  if (type === Types.TINY && length === 1 && (flags & FLAGS.unsigned) === 0) return ['BIT', JDBC.BIT, 'boolean'];
  const number = NUMBERS[type];
  if (number !== undefined) {
    const [name, jdbc, kind] = number;
    return [(flags & FLAGS.unsigned) === 0 ? name : `${name} UNSIGNED`, jdbc, kind];
  }
  if ((flags & FLAGS.enum) !== 0) return ['ENUM', JDBC.CHAR, 'string'];
  if ((flags & FLAGS.set) !== 0) return ['SET', JDBC.CHAR, 'string'];
  if (type >= Types.TINY_BLOB && type <= Types.BLOB) return largeFacts(length, isBinary);
  const other = OTHERS[type];
  if (other !== undefined) return other;
  if (type === Types.STRING) return isBinary ? ['BINARY', JDBC.BINARY, 'blob'] : ['CHAR', JDBC.CHAR, 'string'];

  return isBinary ? ['VARBINARY', JDBC.VARBINARY, 'blob'] : ['VARCHAR', JDBC.VARCHAR, 'string'];
}

/** On the wire all of them are BLOB; character set and length tell them apart. */
function largeFacts(length: number, isBinary: boolean): TypeFacts {
  if (isBinary) {
    const name = BLOBS.find(([most]) => length <= most)?.[1] ?? 'LONGBLOB';
    return [name, JDBC.LONGVARBINARY, 'blob'];
  }
  const name = TEXTS.find(([most]) => length <= most * BYTES_PER_CHARACTER)?.[1] ?? 'LONGTEXT';

  return [name, JDBC.LONGVARCHAR, 'string'];
}

/** https://docs.aws.amazon.com/rdsdataservice/latest/APIReference/API_ColumnMetadata.html */
export function columnMetadata({ field, label, typeName, jdbcType, isSigned, isBinary, kind }: Column) {
  const flags = Number(field.flags);

  return {
    arrayBaseColumnType: 0,
    isAutoIncrement: (flags & FLAGS.autoIncrement) !== 0,
    isCaseSensitive: kind === 'string' && (isBinary || (flags & FLAGS.binary) !== 0),
    isCurrency: false,
    isSigned,
    label,
    name: field.orgName === '' ? label : field.orgName,
    nullable: (flags & FLAGS.notNull) !== 0 ? 0 : 1,
    precision: precisionOf(field, kind, isSigned, isBinary),
    scale: kind === 'decimal' ? field.decimals : 0,
    schemaName: field.schema ?? '',
    tableName: field.table,
    type: jdbcType,
    typeName,
  };
}

function precisionOf(
  { columnLength = 0, decimals }: FieldPacket,
  kind: ValueKind,
  isSigned: boolean,
  isBinary: boolean,
) {
  if (kind === 'decimal') return columnLength - (decimals > 0 ? 1 : 0) - (isSigned ? 1 : 0);
  if (kind === 'string' && !isBinary) return Math.floor(columnLength / BYTES_PER_CHARACTER);

  return columnLength;
}
