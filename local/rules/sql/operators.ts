import type { BinaryOperator, SqlValue } from './ast.ts';
import { equals, finite, toBoolean, toDecimal, toText } from './values.ts';

type Binary = (left: SqlValue, right: SqlValue) => SqlValue;

/** https://docs.aws.amazon.com/iot/latest/developerguide/iot-sql-operators.html, one line per operator. */
export const OPERATORS: Readonly<Record<BinaryOperator, Binary>> = {
  AND: logical((left, right) => left && right),
  OR: logical((left, right) => left || right),
  '=': equals,
  '<>': (left, right) => {
    const equal = equals(left, right);
    return equal === undefined ? undefined : !equal;
  },
  '<': numeric((left, right) => left < right),
  '<=': numeric((left, right) => left <= right),
  '>': numeric((left, right) => left > right),
  '>=': numeric((left, right) => left >= right),
  '+': (left, right) => {
    if (typeof left === 'string' || typeof right === 'string') return (toText(left) ?? '') + (toText(right) ?? '');
    return typeof left === 'number' && typeof right === 'number' ? finite(left + right) : undefined;
  },
  '-': numeric((left, right) => finite(left - right)),
  '*': numeric((left, right) => finite(left * right)),
  '/': (left, right) => {
    const whole = Number.isInteger(left) && Number.isInteger(right);
    const quotient = numeric((a, b) => finite(a / b))(left, right);
    return whole && typeof quotient === 'number' ? Math.trunc(quotient) : quotient;
  },
  '%': numeric((left, right) => finite(left % right)),
};

function logical(combine: (left: boolean, right: boolean) => boolean): Binary {
  return (left, right) => {
    const [a, b] = [toBoolean(left), toBoolean(right)];
    return a === undefined || b === undefined ? undefined : combine(a, b);
  };
}

function numeric(combine: (left: number, right: number) => SqlValue): Binary {
  return (left, right) => {
    const [a, b] = [toDecimal(left), toDecimal(right)];
    return a === undefined || b === undefined ? undefined : combine(a, b);
  };
}
