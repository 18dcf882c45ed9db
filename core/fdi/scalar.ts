import { isExactNumber } from './json.ts';
import { excerpt, Rejection } from './rejection.ts';
import type { MetadataType } from './topic-task.ts';

/** How each type is called in a reason. */
const NOUNS: Readonly<Record<MetadataType, string>> = {
  string: 'text',
  integer: 'a whole number',
  number: 'a number',
  boolean: 'true or false',
  datetime: 'a date and time',
  json: 'JSON',
};

export function notA(type: MetadataType, value: unknown): Rejection {
  return new Rejection('type', `${excerpt(value)} is not ${NOUNS[type]}`);
}

/** Text of a string, number or boolean; objects and arrays are not text. */
export function scalarText(value: unknown): string | undefined {
  if (typeof value === 'string') {
    return value;
  }
  if (typeof value === 'number' || typeof value === 'boolean') {
    return String(value);
  }

  return isExactNumber(value) ? value.rawJSON : undefined;
}

/** The digits of a number, or of a text that is one, not yet checked; booleans are no numbers. */
export function numberText(value: unknown): string | undefined {
  return typeof value === 'boolean' ? undefined : scalarText(value)?.trim();
}

/** Accepts true and false, 1 and 0, and their texts without regard to case. */
export function booleanOf(value: unknown): boolean | undefined {
  switch (scalarText(value)?.toLowerCase()) {
    case 'true':
    case '1':
      return true;
    case 'false':
    case '0':
      return false;
    default:
      return undefined;
  }
}
