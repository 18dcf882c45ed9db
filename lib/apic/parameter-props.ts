import type { ApiParameter } from '../../core/apic/api-definition.ts';
import { MAX_LENGTH } from '../../core/apic/parameter-limits.ts';
import { parseValue } from '../../core/apic/parameter-value.ts';
import { checkName, checkWhole, invalid, type Place } from '../platform/setting.ts';

const PLACES: readonly ApiParameter['in'][] = ['path', 'query', 'header', 'body', 'context'];
const TYPES: readonly ApiParameter['type'][] = ['string', 'integer', 'number', 'boolean'];

/** A parameter as it is declared: `deviceId: { in: 'query', required: true }`. */
export interface ParameterProps {
  /** Where the caller sends it; `context`: it is not the caller's, but what the custom authorizer or IAM says of the caller under this name. */
  readonly in: ApiParameter['in'];
  /** @default 'string' */
  readonly type?: ApiParameter['type'];
  /** @default - only path parameters */
  readonly required?: boolean;
  /**
   * Used when the caller sends none; written as a caller would write it.
   * @default - the parameter is absent, and NULL in the statement
   */
  readonly default?: string;
  /**
   * The least an integer or number may be. After LIMIT and OFFSET it must be given, and at least 0.
   * @default - the least the type has
   */
  readonly minimum?: number;
  /**
   * The most an integer or number may be. After LIMIT and OFFSET it must be given.
   * @default - the most the type has
   */
  readonly maximum?: number;
  /**
   * How many characters a string may have, 1 to 65,536.
   * @default 4096
   */
  readonly maxLength?: number;
  /**
   * A regular expression (ECMAScript, unicode) the whole string fits: `[A-Z]{1,3}-\\d+`.
   * @default - any text
   */
  readonly pattern?: string;
  /**
   * The only values, written as a caller would write them.
   * @default - any value of the type
   */
  readonly enum?: readonly string[];
  /** @default - none */
  readonly description?: string;
}

/**
 * A declared parameter, checked.
 *
 * @param inPath the variables of the API's path
 * @throws InvalidSetting naming what cannot work
 */
export function apiParameter(api: Place, name: string, props: ParameterProps, inPath: readonly string[]): ApiParameter {
  const { in: place, type = 'string', required = place === 'path', default: fallback, description } = props;
  const where = `parameters.${name}`;
  checkName(api, where, name, /^[A-Za-z_][\w-]{0,31}$/, '1 to 32 letters, digits, `_` or `-`, a letter or `_` first');
  checkOne(api, `${where}.in`, place, PLACES);
  checkOne(api, `${where}.type`, type, TYPES);
  if (inPath.includes(name) !== (place === 'path')) {
    throw invalid(api, `${where}.in`, place, 'path: it stands in the path');
  }
  if (place === 'path' && !required) {
    throw invalid(api, `${where}.required`, required, 'true: a path without it is another path');
  }
  checkLimits(api, where, type, props);
  const { minimum, maximum, maxLength, pattern } = props;

  return {
    name,
    in: place,
    type,
    required,
    ...(fallback !== undefined && { default: fallback }),
    ...(minimum !== undefined && { minimum }),
    ...(maximum !== undefined && { maximum }),
    ...(maxLength !== undefined && { maxLength }),
    ...(pattern !== undefined && { pattern }),
    ...(props.enum !== undefined && { enum: props.enum }),
    ...(description !== undefined && { description }),
  };
}

/** @throws InvalidSetting for a value that is none of those allowed */
export function checkOne<T>(api: Place, setting: string, value: T, allowed: readonly T[]): void {
  if (!allowed.includes(value)) {
    throw invalid(api, setting, value, allowed.join(', '));
  }
}

function checkLimits(api: Place, where: string, type: ApiParameter['type'], props: ParameterProps): void {
  const { minimum, maximum, maxLength, pattern } = props;
  const numeric = type === 'integer' || type === 'number';
  for (const [limit, value] of Object.entries({ minimum, maximum })) {
    const fits = type === 'integer' ? Number.isSafeInteger(value) : numeric && Number.isFinite(value);
    if (value !== undefined && !fits) {
      throw invalid(api, `${where}.${limit}`, value, numeric ? `a value of type ${type}` : 'only numbers have it');
    }
  }
  if (minimum !== undefined && maximum !== undefined && minimum > maximum) {
    throw invalid(api, `${where}.minimum`, minimum, `at most its maximum, ${maximum}`);
  }
  for (const [limit, value] of Object.entries({ maxLength, pattern })) {
    if (value !== undefined && type !== 'string') {
      throw invalid(api, `${where}.${limit}`, value, `nothing for type ${type}: only strings have it`);
    }
  }
  if (maxLength !== undefined) {
    checkWhole(api, `${where}.maxLength`, maxLength, { min: 1, max: MAX_LENGTH, unit: 'characters' });
  }
  if (pattern !== undefined && !isRegularExpression(pattern)) {
    throw invalid(api, `${where}.pattern`, pattern, 'a regular expression');
  }
  const odd = props.enum?.find((value) => parseValue(type, value) === undefined);
  if (props.enum?.length === 0 || odd !== undefined) {
    throw invalid(api, `${where}.enum`, props.enum, `at least one value, each of type ${type}`);
  }
}

function isRegularExpression(pattern: string): boolean {
  try {
    new RegExp(`^(?:${pattern})$`, 'u');

    return true;
  } catch {
    return false;
  }
}
