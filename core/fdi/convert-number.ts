import type { Column } from './column.ts';
import type { Conversion, Convert } from './convert.ts';
import { decimalText, parseDecimal, roundDecimal } from './decimal.ts';
import { excerpt, Rejection } from './rejection.ts';
import { booleanOf, notA, numberText } from './scalar.ts';
import type { MetadataType } from './topic-task.ts';

const BITS: Readonly<Record<string, bigint>> = { tinyint: 8n, smallint: 16n, mediumint: 24n, int: 32n, bigint: 64n };
const NUMERIC: readonly MetadataType[] = ['string', 'integer', 'number'];
const MAX_FLOAT = 3.4028234663852886e38;

/** Whole numbers within the column's range; `1.0` and `1e3` are whole, `1.5` is not rounded but refused. Booleans become 1 and 0. */
export const toInteger: Conversion = (type, column) => {
  const [min, max] = integerRange(column);
  if (type === 'boolean') {
    return (value) => {
      const truth = booleanOf(value);

      return truth === undefined ? notA('boolean', value) : truth ? '1' : '0';
    };
  }

  return NUMERIC.includes(type)
    ? (value) => {
        if (typeof value === 'number' && Number.isSafeInteger(value) && value >= Number(min) && value <= Number(max)) {
          return String(value);
        }
        const text = wholeNumber(value);
        if (text === undefined) {
          return notA('integer', value);
        }
        const number = BigInt(text);

        return number < min || number > max ? outOfRange(value, `${min} to ${max}`) : text;
      }
    : undefined;
};

/** Digits before the point must fit; digits after it are rounded to the column's scale, halves away from zero, as SQL does. */
export const toDecimal: Conversion = (type, { precision, scale, unsigned }) =>
  numeric(type, (value, text) => {
    const decimal = parseDecimal(text);
    if (decimal === undefined) {
      return notA('number', value);
    }
    const rounded = roundDecimal(decimal, scale);
    const digits = rounded.whole === '0' ? 0 : rounded.whole.length;
    if (digits > precision - scale) {
      return outOfRange(value, `${precision - scale} digits before the point`);
    }
    const written = decimalText(rounded);

    return unsigned && written.startsWith('-') ? outOfRange(value, 'no negative numbers') : written;
  });

export const toFloat: Conversion = (type, column) => {
  const max = column.type === 'float' ? MAX_FLOAT : Number.MAX_VALUE;

  return numeric(type, (value, text) => {
    if (parseDecimal(text) === undefined) {
      return notA('number', value);
    }
    const number = Number(text);
    if (Math.abs(number) > max) {
      return outOfRange(value, `-${max} to ${max}`);
    }

    return column.unsigned && number < 0 ? outOfRange(value, 'no negative numbers') : text;
  });
};

function numeric(type: MetadataType, write: (value: unknown, text: string) => string | Rejection): Convert | undefined {
  if (!NUMERIC.includes(type)) {
    return undefined;
  }

  return (value) => {
    const text = numberText(value);
    if (text === undefined) {
      return notA('number', value);
    }
    if (type === 'integer' && wholeNumber(value) === undefined) {
      return notA('integer', value);
    }

    return write(value, text);
  };
}

/** The digits of a whole number, however it is written; `undefined` when it is none. */
export function wholeNumber(value: unknown): string | undefined {
  const text = numberText(value);
  const decimal = text === undefined ? undefined : parseDecimal(text);
  if (decimal === undefined || /[1-9]/.test(decimal.fraction)) {
    return undefined;
  }

  return decimalText({ ...decimal, fraction: '' });
}

function integerRange({ type, unsigned }: Column): [bigint, bigint] {
  const bits = BITS[type] ?? 32n;

  return unsigned ? [0n, 2n ** bits - 1n] : [-(2n ** (bits - 1n)), 2n ** (bits - 1n) - 1n];
}

function outOfRange(value: unknown, allowed: string): Rejection {
  return new Rejection('range', `${excerpt(value)} is out of range; the column takes ${allowed}`);
}
