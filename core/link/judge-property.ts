import { isExactNumber } from '../fdi/json.ts';
import type { ThingProperty } from './thing-model.ts';

/** Which rule of a model a payload breaks. */
export type ModelRule =
  | 'object'
  | 'service'
  | 'disabled'
  | 'ambiguous'
  | 'required'
  | 'type'
  | 'characters'
  | 'maxLength'
  | 'format'
  | 'min'
  | 'max'
  | 'step'
  | 'enum';

/** One rule of a property; made once, then asked for every message. */
export interface PropertyRule {
  readonly rule: ModelRule;
  /** What would be accepted, in words. */
  readonly allowed: string;
  /** @param value never null */
  readonly holds: (value: unknown) => boolean;
}

/** Few enough to be compared one by one faster than a text can be hashed. */
const SHORT_LIST = 8;

const NOUNS: Readonly<Record<ThingProperty['type'], string>> = {
  string: 'text',
  integer: 'a whole number',
  number: 'a number',
  boolean: 'true or false',
  datetime: 'text',
  json: 'JSON',
  array: 'a list',
};

const DATE_TIME = /^(\d{4})(\d{2})(\d{2})T([01]\d|2[0-3])[0-5]\d[0-5]\d$/;
const WHOLE = /^-?\d+(?:\.0*)?$/;
/** What a quotient of two doubles may be away from the whole number it stands for: 0.3 / 0.1 is 2.9999999999999996. */
const STEP_TOLERANCE = 1e-9;

/** The rules of a property's value, the type first: when that is broken, the others say nothing. */
export function propertyRules(property: ThingProperty): readonly PropertyRule[] {
  const rules: PropertyRule[] = [{ rule: 'type', allowed: NOUNS[property.type], holds: typeTest(property.type) }];
  if (property.type === 'string') {
    rules.push({ rule: 'characters', allowed: 'whole characters other than NUL', holds: isPlainText });
  }
  if (property.type === 'datetime') {
    rules.push({ rule: 'format', allowed: 'a date and time as yyyyMMddTHHmmss', holds: isDateTime });
  }

  return [...rules, ...lengthRules(property), ...rangeRules(property), ...enumRules(property)];
}

/**
 * Whether a value keeps all its property's rules, for the many that do. A text of its property's list keeps the others too: a list that
 * does not is no model.
 *
 * @param value never null
 */
export function propertyTest(property: ThingProperty, rules: readonly PropertyRule[]): (value: unknown) => boolean {
  const list = rules.find(({ rule }) => rule === 'enum');
  if (list !== undefined && property.type === 'string') {
    return list.holds;
  }
  const [first, ...others] = rules.map(({ holds }) => holds);

  return (value) => first?.(value) === true && others.every((holds) => holds(value));
}

function typeTest(type: ThingProperty['type']): PropertyRule['holds'] {
  switch (type) {
    case 'string':
    case 'datetime':
      return (value) => typeof value === 'string';
    case 'integer':
      return (value) => Number.isInteger(value) || (isExactNumber(value) && WHOLE.test(value.rawJSON));
    case 'number':
      return (value) => Number.isFinite(numberOf(value));
    case 'boolean':
      return (value) => typeof value === 'boolean';
    case 'json':
      return () => true;
    case 'array':
      return Array.isArray;
  }
}

function lengthRules({ type, maxLength }: ThingProperty): PropertyRule[] {
  if (maxLength === undefined) {
    return [];
  }
  const allowed = `at most ${maxLength} characters`;
  const holds =
    type === 'json'
      ? (value: unknown) => isJsonWithin(value, maxLength)
      : (value: unknown) => isWithin(value as string, maxLength);

  return [{ rule: 'maxLength', allowed, holds }];
}

function rangeRules({ min, max, step }: ThingProperty): PropertyRule[] {
  const rules: PropertyRule[] = [];
  if (min !== undefined) {
    rules.push({ rule: 'min', allowed: `at least ${min}`, holds: (value) => numberOf(value) >= min });
  }
  if (max !== undefined) {
    rules.push({ rule: 'max', allowed: `at most ${max}`, holds: (value) => numberOf(value) <= max });
  }
  if (step !== undefined) {
    const base = min ?? 0;
    const allowed = `${base} and whole steps of ${step} from there`;
    rules.push({ rule: 'step', allowed, holds: (value) => isWholeStep((numberOf(value) - base) / step) });
  }

  return rules;
}

function enumRules({ type, enum: values }: ThingProperty): PropertyRule[] {
  if (values === undefined) {
    return [];
  }
  const list: readonly unknown[] = values;
  const known = new Set(list);
  const isKnown =
    values.length <= SHORT_LIST ? (value: unknown) => list.includes(value) : (value: unknown) => known.has(value);
  const allowed = values.map((value) => JSON.stringify(value)).join(', ');

  return [{ rule: 'enum', allowed, holds: type === 'string' ? isKnown : (value) => isKnown(numberOf(value)) }];
}

function numberOf(value: unknown): number {
  if (typeof value === 'number') {
    return value;
  }

  return isExactNumber(value) ? Number(value.rawJSON) : Number.NaN;
}

/** NUL ends a text for most of what reads it: what came behind would be gone for some and there for others. */
function isPlainText(value: unknown): boolean {
  const text = value as string;

  return !text.includes('\0') && text.isWellFormed();
}

/** No text has more characters than UTF-16 units: most need no counting. */
function isWithin(text: string, maxLength: number): boolean {
  return text.length <= maxLength || (text.length <= 2 * maxLength && [...text].length <= maxLength);
}

function isJsonWithin(value: unknown, maxLength: number): boolean {
  try {
    return isWithin(JSON.stringify(value), maxLength);
  } catch {
    // Nested thousands deep it is read but cannot be written again: longer than anybody meant.
    return false;
  }
}

function isWholeStep(steps: number): boolean {
  return Math.abs(steps - Math.round(steps)) <= STEP_TOLERANCE * Math.max(1, Math.abs(steps));
}

function isDateTime(value: unknown): boolean {
  const match = DATE_TIME.exec(value as string);
  if (match === null) {
    return false;
  }
  const [year, month, day] = [Number(match[1]), Number(match[2]), Number(match[3])];
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);

  return date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
}
