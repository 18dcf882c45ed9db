import { InvalidArgumentError } from 'commander';

/**
 * Checks for the values of options and arguments, as commander calls them. Each says what is allowed; commander says
 * which option it was and what was received.
 */
export type Check<T> = (value: string) => T;

export function wholeNumber(range: { readonly min: number; readonly max: number }): Check<number> {
  return (value) => {
    const number = /^\d+$/.test(value) ? Number(value) : Number.NaN;
    if (!(number >= range.min && number <= range.max)) {
      throw new InvalidArgumentError(`Allowed: a whole number from ${range.min} to ${range.max}.`);
    }
    return number;
  };
}

export function decimalNumber(range: { readonly above: number; readonly max: number }): Check<number> {
  return (value) => {
    const number = /^\d+(\.\d+)?$/.test(value) ? Number(value) : Number.NaN;
    if (!(number > range.above && number <= range.max)) {
      throw new InvalidArgumentError(`Allowed: a number above ${range.above} and up to ${range.max}.`);
    }
    return number;
  };
}

export function text(range: { readonly min: number; readonly max: number }): Check<string> {
  return (value) => {
    if (value.length < range.min || value.length > range.max) {
      throw new InvalidArgumentError(`Allowed: ${range.min} to ${range.max} characters.`);
    }
    return value;
  };
}

export function oneOf<T extends string>(...allowed: readonly T[]): Check<T> {
  return (value) => {
    const found = allowed.find((candidate) => candidate === value);
    if (found === undefined) {
      throw new InvalidArgumentError(`Allowed: ${allowed.join(', ')}.`);
    }
    return found;
  };
}

/** A repeatable option `name=value`; a value may hold further equals signs. */
export function pairs(value: string, previous: readonly Pair[] = []): readonly Pair[] {
  const at = value.indexOf('=');
  if (at < 1) {
    throw new InvalidArgumentError('Allowed: name=value, and the option again for the next one.');
  }
  return [...previous, [value.slice(0, at), value.slice(at + 1)]];
}

/** A repeatable option `Name: value`, as curl takes it. */
export function headers(value: string, previous: readonly Pair[] = []): readonly Pair[] {
  const match = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):\s*(.*)$/.exec(value);
  if (match === null) {
    throw new InvalidArgumentError('Allowed: "Name: value", and the option again for the next one.');
  }
  return [...previous, [match[1] as string, (match[2] as string).trim()]];
}

/** A repeatable option that holds one value each time. */
export function several<T>(check: Check<T>): (value: string, previous?: readonly T[]) => readonly T[] {
  return (value, previous = []) => [...previous, check(value)];
}

export type Pair = readonly [name: string, value: string];
