import mysql, { type FieldPacket } from 'mysql2';
import { exactNumber, shortestFloat, withFraction } from '../../../core/apic/script/source-value.ts';

const { Types } = mysql;
const UNSIGNED = 32;
const BINARY_CHARSET = 63;
/** `decimals` of a column whose digits are not fixed. */
const NOT_FIXED = 31;
const TEMPORAL: ReadonlySet<number> = new Set([Types.TIME, Types.DATETIME, Types.TIMESTAMP]);
const EXACT: ReadonlySet<number> = new Set([Types.LONGLONG, Types.DECIMAL, Types.NEWDECIMAL]);

export interface MysqlValueOptions {
  /** TINYINT(1) is a boolean. */
  readonly tinyIsBoolean: boolean;
  /** What stands for a date of zeros. */
  readonly zeroDate: 'text' | 'null';
}

/** A column's values as JSON has them, from what the driver made of them. */
export type ValueReader = (value: unknown) => unknown;

/**
 * As a script's author knows them from the driver of Java, in JSON: numbers, also decimal ones (as text where digits would be lost), TINYINT(1) and
 * BIT(1) booleans, dates `YYYY-MM-DD HH:MM:SS`, bytes base64.
 */
export function valueReader(field: FieldPacket, options: MysqlValueOptions): ValueReader {
  const read = notNullReader(field, options);

  return (value) => (value === null || value === undefined ? null : read(value));
}

function notNullReader(field: FieldPacket, { tinyIsBoolean, zeroDate }: MysqlValueOptions): ValueReader {
  const { columnType: type = -1, columnLength: length = 0, decimals, characterSet } = field;
  if (type === Types.BIT) {
    return length === 1 ? (value) => (value as Buffer)[0] === 1 : base64;
  }
  if (type === Types.TINY && length === 1 && (Number(field.flags) & UNSIGNED) === 0 && tinyIsBoolean) {
    return (value) => Number(value) !== 0;
  }
  if (EXACT.has(type)) {
    return (value) => exactNumber(String(value));
  }
  if (type === Types.FLOAT) {
    return (value) => shortestFloat(Number(value));
  }
  if (TEMPORAL.has(type) || type === Types.DATE || type === Types.NEWDATE) {
    const digits = TEMPORAL.has(type) && decimals !== NOT_FIXED ? decimals : 0;

    return (value) => {
      const text = withFraction(String(value), digits);

      return zeroDate === 'null' && text.startsWith('0000-00-00') ? null : text;
    };
  }
  if (type === Types.GEOMETRY) {
    return base64;
  }

  return characterSet === BINARY_CHARSET ? base64 : (value) => value;
}

/** Only bytes: a number or a date has the binary character set too. */
function base64(value: unknown): unknown {
  return Buffer.isBuffer(value) ? value.toString('base64') : value;
}
