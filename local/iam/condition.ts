import type { Condition } from './policy.ts';
import { literal, matchesArn, matchesWildcard } from './wildcard.ts';

/** Condition keys of one request; names are compared without regard to case, as AWS does. */
export type ConditionKeys = Readonly<Record<string, string | readonly string[]>>;

/** Whether one value of the request fits one value of the policy. */
type Compare = (expected: string, actual: string) => boolean;

interface Operator {
  readonly compare: Compare;
  readonly pattern: boolean;
  /** `StringNotEquals` and its like hold when no value fits, and also when the key is missing. */
  readonly negated: boolean;
}

const number =
  (compare: (difference: number) => boolean): Compare =>
  (expected, actual) =>
    compare(Number(actual) - Number(expected));
const date =
  (compare: (difference: number) => boolean): Compare =>
  (expected, actual) =>
    compare(Date.parse(actual) - Date.parse(expected));

const POSITIVE: Readonly<Record<string, Compare>> = {
  StringEquals: (expected, actual) => expected === actual,
  StringEqualsIgnoreCase: (expected, actual) => expected.toLowerCase() === actual.toLowerCase(),
  StringLike: matchesWildcard,
  // AWS documents that the two behave the same.
  ArnEquals: matchesArn,
  ArnLike: matchesArn,
  Bool: (expected, actual) => expected.toLowerCase() === actual.toLowerCase(),
  NumericEquals: number((difference) => difference === 0),
  NumericLessThan: number((difference) => difference < 0),
  NumericLessThanEquals: number((difference) => difference <= 0),
  NumericGreaterThan: number((difference) => difference > 0),
  NumericGreaterThanEquals: number((difference) => difference >= 0),
  DateEquals: date((difference) => difference === 0),
  DateLessThan: date((difference) => difference < 0),
  DateLessThanEquals: date((difference) => difference <= 0),
  DateGreaterThan: date((difference) => difference > 0),
  DateGreaterThanEquals: date((difference) => difference >= 0),
};

/** The negated operator → the positive one it turns round. */
const NEGATED: Readonly<Record<string, string>> = {
  StringNotEquals: 'StringEquals',
  StringNotEqualsIgnoreCase: 'StringEqualsIgnoreCase',
  StringNotLike: 'StringLike',
  ArnNotEquals: 'ArnEquals',
  ArnNotLike: 'ArnLike',
  NumericNotEquals: 'NumericEquals',
  DateNotEquals: 'DateEquals',
};

/** Every operator that is evaluated; most also with `IfExists`, and with `ForAllValues:` or `ForAnyValue:` before it. */
export const OPERATORS: readonly string[] = [...Object.keys(POSITIVE), ...Object.keys(NEGATED), 'Null'];

interface ParsedOperator {
  readonly name: string;
  readonly ifExists: boolean;
  readonly set: 'ForAllValues' | 'ForAnyValue' | undefined;
}

/** Takes an operator's name apart; undefined when it is not known. */
export function operatorOf(text: string): ParsedOperator | undefined {
  const match = /^(?:(ForAllValues|ForAnyValue):)?([A-Za-z]+?)(IfExists)?$/.exec(text);
  const [, set, name = '', ifExists] = match ?? [];
  if (!OPERATORS.includes(name) || (name === 'Null' && (set !== undefined || ifExists !== undefined))) return undefined;

  return { name, ifExists: ifExists !== undefined, set: set as ParsedOperator['set'] };
}

/** Every condition of a statement has to hold. Ref: IAM/latest/UserGuide/reference_policies_condition-logic-multiple-context-keys-or-values */
export function conditionsHold(conditions: readonly Condition[], keys: ConditionKeys): boolean {
  const found = new Map(Object.entries(keys).map(([key, value]) => [key.toLowerCase(), value]));

  return conditions.every((condition) => holds(condition, found));
}

function holds({ operator, key, values }: Condition, keys: ReadonlyMap<string, string | readonly string[]>): boolean {
  const parsed = operatorOf(operator);
  if (parsed === undefined) return false;
  const actual = keys.get(key.toLowerCase());
  if (parsed.name === 'Null')
    return values.some((value) => (value.toLowerCase() === 'true') === (actual === undefined));
  const { compare, negated, pattern } = behaviour(parsed.name);
  if (actual === undefined) return parsed.ifExists || negated || parsed.set === 'ForAllValues';
  const fits = (one: string) =>
    values.some((value) => compare(replaceVariables(value, keys, pattern), one)) !== negated;
  const actuals = typeof actual === 'string' ? [actual] : actual;

  return parsed.set === 'ForAllValues' ? actuals.every(fits) : actuals.some(fits);
}

function behaviour(name: string): Operator {
  const positive = NEGATED[name];
  const compare = POSITIVE[positive ?? name] as Compare;

  return { compare, pattern: compare === matchesWildcard || compare === matchesArn, negated: positive !== undefined };
}

/**
 * `${aws:PrincipalArn}` → the request's value; `${*}`, `${?}` and `${$}` → the character itself. What a variable brings
 * is literal, in a pattern too. A variable the request does not have stays as it is and so matches nothing.
 */
export function replaceVariables(
  text: string,
  keys: ReadonlyMap<string, string | readonly string[]>,
  pattern: boolean,
): string {
  return text.replace(/\$\{([^}]*)\}/g, (whole, name: string) => {
    const value = name === '*' || name === '?' || name === '$' ? name : keys.get(name.toLowerCase());
    if (typeof value !== 'string') return whole;

    return pattern ? literal(value) : value;
  });
}
