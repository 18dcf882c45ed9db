import type { Buffer } from 'node:buffer';
import type { Column } from './column.ts';

export interface ResultSetOptions {
  /** @default STRING */
  readonly decimalReturnType?: 'STRING' | 'DOUBLE_OR_LONG';
  /** @default LONG */
  readonly longReturnType?: 'LONG' | 'STRING';
}

/** Writes one column's values as JSON text; a whole number keeps all its digits, which a JavaScript number would not. */
export type ValueWriter = (value: unknown) => string;

/** As a member of a union: `{"longValue":1}`. https://docs.aws.amazon.com/rdsdataservice/latest/APIReference/API_Field.html */
export function fieldWriter(column: Column, options: ResultSetOptions = {}): ValueWriter {
  const write = notNullFieldWriter(column, options);

  return (value) => (value === null ? '{"isNull":true}' : write(value));
}

/** As it stands in `formattedRecords`: numbers, texts, booleans. */
export function plainWriter(column: Column, options: ResultSetOptions = {}): ValueWriter {
  const write = notNullPlainWriter(column, options);

  return (value) => (value === null ? 'null' : write(value));
}

function notNullFieldWriter(column: Column, { decimalReturnType, longReturnType }: ResultSetOptions): ValueWriter {
  switch (column.kind) {
    case 'boolean':
      return (value) => `{"booleanValue":${isTrue(value)}}`;
    case 'long':
      return longReturnType === 'STRING'
        ? (value) => `{"stringValue":"${value}"}`
        : (value) => `{"longValue":${value}}`;
    case 'double':
      return (value) => `{"doubleValue":${doubleText(column, value)}}`;
    case 'decimal':
      if (decimalReturnType !== 'DOUBLE_OR_LONG') return (value) => `{"stringValue":"${value}"}`;
      return column.field.decimals === 0
        ? (value) => `{"longValue":${value}}`
        : (value) => `{"doubleValue":${Number(value)}}`;
    case 'blob':
      return (value) => `{"blobValue":"${(value as Buffer).toString('base64')}"}`;
    case 'string':
      return (value) => `{"stringValue":${JSON.stringify(textOf(column, value))}}`;
  }
}

function notNullPlainWriter(column: Column, { decimalReturnType, longReturnType }: ResultSetOptions): ValueWriter {
  switch (column.kind) {
    case 'boolean':
      return (value) => String(isTrue(value));
    case 'long':
      return longReturnType === 'STRING' ? (value) => `"${value}"` : String;
    case 'double':
      return (value) => doubleText(column, value);
    case 'decimal':
      return decimalReturnType === 'DOUBLE_OR_LONG' ? (value) => String(Number(value)) : (value) => `"${value}"`;
    case 'blob':
      return (value) => `"${(value as Buffer).toString('base64')}"`;
    case 'string':
      return (value) => JSON.stringify(textOf(column, value));
  }
}

/** BIT(1) comes as a byte, TINYINT(1) as a number. */
function isTrue(value: unknown): boolean {
  return typeof value === 'number' ? value !== 0 : (value as Buffer)[0] === 1;
}

/** A prepared statement brings FLOAT as four bytes, and 1.1 would become 1.100000023841858: shortest digits that mean the same. */
function doubleText({ typeName }: Column, value: unknown): string {
  const number = value as number;
  if (!typeName.startsWith('FLOAT')) return String(number);
  for (let digits = 6; digits < 9; digits++) {
    const shorter = Number(number.toPrecision(digits));
    if (Math.fround(shorter) === Math.fround(number)) return String(shorter);
  }

  return String(number);
}

/** MySQL writes DATETIME(3) with three digits always; a prepared statement's answer has them only when they are not zero. */
function textOf({ fraction, typeName }: Column, value: unknown): string {
  if (typeName === 'YEAR') return String(value).padStart(4, '0');
  const text = String(value);
  if (fraction === 0) return text;
  const point = text.indexOf('.');
  const digits = point < 0 ? '' : text.slice(point + 1);

  return `${point < 0 ? text : text.slice(0, point)}.${digits.slice(0, fraction).padEnd(fraction, '0')}`;
}
