import type { ApiParameter } from './api-definition.ts';
import { parseValue, type ScalarValue } from './parameter-value.ts';

/** Characters a text may have where its declaration says nothing. */
const DEFAULT_MAX_LENGTH = 4_096;
/** The most a declaration can allow. */
export const MAX_LENGTH = 65_536;

/** What a parameter's values are checked with, made once from its declaration. */
export interface ParameterLimits {
  /** In words for a message: `a whole number from 1 to 1000`. */
  readonly allowed: string;
  allows(value: ScalarValue): boolean;
}

export function parameterLimits(parameter: ApiParameter): ParameterLimits {
  const { type, minimum = Number.NEGATIVE_INFINITY, maximum = Number.POSITIVE_INFINITY, pattern } = parameter;
  const { maxLength = DEFAULT_MAX_LENGTH } = parameter;
  const values = parameter.enum?.map((text) => parseValue(type, text));
  // The whole value, as JSON Schema's pattern does not: a form that only begins or ends well is no form.
  const form = pattern === undefined ? undefined : new RegExp(`^(?:${pattern})$`, 'u');

  return {
    allowed: allowedBy(parameter, maxLength),
    allows(value) {
      if (values !== undefined && !values.includes(value)) {
        return false;
      }
      if (typeof value === 'number') {
        return value >= minimum && value <= maximum;
      }
      if (typeof value === 'boolean') {
        return true;
      }

      // Half a character would arrive as another one: no text of UTF-8 has it.
      return value.isWellFormed() && lengthOf(value, maxLength) <= maxLength && form?.test(value) !== false;
    },
  };
}

/** In characters as MySQL counts them, code points; counted only where it is close. */
function lengthOf(text: string, limit: number): number {
  return text.length > limit && text.length <= limit * 2 ? [...text].length : text.length;
}

function allowedBy(parameter: ApiParameter, maxLength: number): string {
  const { type, pattern, minimum, maximum } = parameter;
  if (parameter.enum !== undefined) {
    return `one of ${parameter.enum.join(', ')}`;
  }
  switch (type) {
    case 'integer':
      return `a whole number from ${minimum ?? Number.MIN_SAFE_INTEGER} to ${maximum ?? Number.MAX_SAFE_INTEGER}`;
    case 'number':
      return ['a number such as 12.5', bound('from', minimum), bound('to', maximum)].filter(Boolean).join(' ');
    case 'boolean':
      return 'true or false';
    case 'string':
      return `text of at most ${maxLength} characters${pattern === undefined ? '' : ` of the form ${pattern}`}`;
  }
}

function bound(word: string, value: number | undefined): string {
  return value === undefined ? '' : `${word} ${value}`;
}
