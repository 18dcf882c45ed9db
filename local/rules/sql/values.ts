import type { SqlValue } from './ast.ts';

/**
 * Conversions and comparisons of the rules engine's SQL, after the tables of
 * https://docs.aws.amazon.com/iot/latest/developerguide/iot-sql-data-types.html and iot-sql-operators.html.
 * Numbers are doubles here, 34 digits there: whole numbers beyond 2^53 lose digits locally.
 */
const DECIMAL = /^-?\d+(\.\d+)?(e-?\d+)?$/i;

export function toDecimal(value: SqlValue): number | undefined {
  if (typeof value === 'number') return value;
  if (typeof value === 'string' && DECIMAL.test(value)) return Number(value);

  return undefined;
}

/** Rounded down, as every function documents for its Int arguments. */
export function toInt(value: SqlValue): number | undefined {
  const decimal = toDecimal(value);

  return decimal === undefined ? undefined : Math.floor(decimal);
}

export function toBoolean(value: SqlValue): boolean | undefined {
  if (typeof value === 'boolean') return value;
  if (typeof value !== 'string') return undefined;
  const lower = value.toLowerCase();

  return lower === 'true' ? true : lower === 'false' ? false : undefined;
}

/** Null and Undefined have no text. */
export function toText(value: SqlValue): string | undefined {
  if (value === null || value === undefined) return undefined;
  if (typeof value === 'string') return value;
  if (typeof value === 'object') return JSON.stringify(value);

  return String(value);
}

/** `=`: Undefined when either side is; values of different types are not equal. */
export function equals(left: SqlValue, right: SqlValue): boolean | undefined {
  return left === undefined || right === undefined ? undefined : same(left, right);
}

function same(left: SqlValue, right: SqlValue): boolean {
  if (isArray(left) || isArray(right)) {
    return isArray(left) && isArray(right) && left.length === right.length && left.every((v, i) => same(v, right[i]));
  }
  if (!isObject(left) || !isObject(right)) return left === right;
  const keys = Object.keys(left);

  return (
    keys.length === Object.keys(right).length &&
    keys.every((key) => Object.hasOwn(right, key) && same(left[key], right[key]))
  );
}

export function isArray(value: SqlValue): value is readonly SqlValue[] {
  return Array.isArray(value);
}

export function isObject(value: SqlValue): value is { readonly [key: string]: SqlValue } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** An own key only: `constructor` and its like are not data. */
export function member(value: SqlValue, key: string): SqlValue {
  return isObject(value) && Object.hasOwn(value, key) ? value[key] : undefined;
}

/** A finite number, or Undefined: there is no NaN and no infinity in JSON. */
export function finite(value: number): number | undefined {
  return Number.isFinite(value) ? value : undefined;
}
