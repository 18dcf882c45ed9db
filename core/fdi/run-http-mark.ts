import { InvalidSetting } from '../errors.ts';
import { isExactNumber } from './json.ts';

const WHOLE = /^-?\d+$/;
const TIME = /^(\d{4}-\d{2}-\d{2})(?:([T ])(\d{2}:\d{2})(:\d{2})?(\.\d+)?(Z|[+-]\d{2}:?\d{2})?)?$/;

/** A growing field's value as it is sent back; null of what is no such value. */
export function markText(value: unknown): string | null {
  if (isExactNumber(value)) {
    return value.rawJSON;
  }

  return typeof value === 'number' || (typeof value === 'string' && value !== '') ? String(value) : null;
}

/** The greater one: whole numbers by value, dates and times by the moment they mean, whatever their offsets. */
export function greater(a: string | null, b: string | null): string | null {
  if (a === null || b === null) {
    return a ?? b;
  }
  if (WHOLE.test(a) && WHOLE.test(b)) {
    return BigInt(a) >= BigInt(b) ? a : b;
  }
  const [first, second] = [moment(a), moment(b)];
  if (first !== undefined && second !== undefined && first !== second) {
    return first > second ? a : b;
  }

  return a >= b ? a : b;
}

/**
 * So much before a value, in the form it has: seconds before a date and time, of a number that number less.
 *
 * @throws InvalidSetting for a value that is neither
 */
export function earlier(value: string, overlap: number, field: string): string {
  if (overlap === 0) {
    return value;
  }
  if (WHOLE.test(value)) {
    return String(BigInt(value) - BigInt(overlap));
  }
  const match = TIME.exec(value);
  if (match === null) {
    throw new InvalidSetting(
      `source.increment.field ${field}`,
      value,
      'whole numbers, or dates and times (ISO 8601): an overlap can be taken off no other',
    );
  }
  const [, day, between = 'T', clock = '00:00', seconds = ':00', fraction = '', offset = ''] = match;
  const shifted = new Date(Date.parse(`${day}T${clock}${seconds}Z`) - overlap * 1000).toISOString();

  return `${shifted.slice(0, 10)}${between}${shifted.slice(11, 19)}${fraction}${offset}`;
}

function moment(text: string): number | undefined {
  const match = TIME.exec(text);
  if (match === null) {
    return undefined;
  }
  const [, day, , clock = '00:00', seconds = ':00', fraction = '', offset = 'Z'] = match;
  const ms = Date.parse(`${day}T${clock}${seconds}${fraction.slice(0, 4)}${offset}`);

  return Number.isNaN(ms) ? undefined : ms;
}
