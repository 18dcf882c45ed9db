import type { ParameterType } from './api-definition.ts';

/** One value of a declared parameter, as its type says. Integers are safe ones: what JSON carries exactly. */
export type ScalarValue = string | number | boolean;

/** A list for `in (${ids})`; never empty. */
export type ParameterValue = ScalarValue | readonly ScalarValue[];

/** What a call brings for the declared parameters; an absent one has no entry. */
export type ParameterValues = ReadonlyMap<string, ParameterValue>;

const INTEGER = /^[+-]?\d+$/;
const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;

/** Reads text as a value of this type; undefined when it is none. */
export function parseValue(type: ParameterType, text: string): ScalarValue | undefined {
  switch (type) {
    case 'string':
      return text;
    case 'integer':
      return INTEGER.test(text) && Number.isSafeInteger(Number(text)) ? Number(text) : undefined;
    case 'number':
      return NUMBER.test(text) && Number.isFinite(Number(text)) ? Number(text) : undefined;
    case 'boolean':
      return text === 'true' ? true : text === 'false' ? false : undefined;
  }
}
