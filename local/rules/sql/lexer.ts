import { AwsError } from '../../errors.ts';

export interface Token {
  readonly kind: 'name' | 'number' | 'string' | 'symbol' | 'end';
  /** As written; for strings the value without quotes. */
  readonly text: string;
  /** Where it begins and where the next may begin, in characters. */
  readonly at: number;
  readonly end: number;
}

const SPACE = /\s+/y;
const NAME = /[A-Za-z_][A-Za-z0-9_]*/y;
const NUMBER = /\d+(\.\d+)?([eE][+-]?\d+)?/y;
const STRING = /'((?:[^']|'')*)'|"((?:[^"]|"")*)"/y;
const SYMBOL = /<>|<=|>=|[=<>+\-*/%().,[\]{}:]/y;

/**
 * The token that begins at or after a position. One at a time, because a substitution template ends its expression at a `}`
 * and what follows is text, not SQL. Strings take single or double quotes; a doubled quote is a quote.
 */
export function tokenAt(source: string, position: number): Token {
  const at = position + (match(SPACE, source, position)?.[0].length ?? 0);
  if (at >= source.length) return { kind: 'end', text: '', at, end: at };

  const name = match(NAME, source, at);
  if (name !== undefined) return { kind: 'name', text: name[0], at, end: at + name[0].length };
  const number = match(NUMBER, source, at);
  if (number !== undefined) return { kind: 'number', text: number[0], at, end: at + number[0].length };
  const string = match(STRING, source, at);
  if (string !== undefined) {
    const text = string[1] === undefined ? (string[2] ?? '').replaceAll('""', '"') : string[1].replaceAll("''", "'");
    return { kind: 'string', text, at, end: at + string[0].length };
  }
  const symbol = match(SYMBOL, source, at);
  if (symbol !== undefined) return { kind: 'symbol', text: symbol[0], at, end: at + symbol[0].length };

  throw sqlError(`unexpected ${JSON.stringify(source[at])}`, at);
}

/** What CreateTopicRule answers to a statement it cannot take. */
export function sqlError(what: string, at: number): AwsError {
  return new AwsError('SqlParseException', `${what} at character ${at + 1} of the SQL statement`);
}

function match(pattern: RegExp, source: string, at: number): RegExpExecArray | undefined {
  pattern.lastIndex = at;

  return pattern.exec(source) ?? undefined;
}
