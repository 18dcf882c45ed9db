import { InvalidSetting } from '../../errors.ts';
import { endOfQuoted, excerpt } from '../../sql/lexer.ts';
import { checkPlaces } from './positional.ts';
import type { SourceValue } from './source-value.ts';

const WORD = /[A-Za-z_\u0080-\uffff][\w$\u0080-\uffff]*/y;
const DOLLARS = /\$(?:[A-Za-z_\u0080-\uffff][\w\u0080-\uffff]*)?\$/y;
const SETTING = 'statement';

/**
 * A statement with a `?` for every value as PostgreSQL takes it: `$1`, `$2`, … As its driver for Java has it, `??` is the operator `?`; what
 * stands in strings, quoted names, dollar quotes and comments is left alone
 * (postgresql.org/docs/current/sql-syntax-lexical.html).
 *
 * @throws InvalidSetting when there are more or fewer values than places, and for what is not closed
 */
export function numberedStatement(statement: string, values: readonly SourceValue[]): string {
  let places = 0;
  let numbered = '';
  for (let at = 0; at < statement.length; ) {
    const end = endOfToken(statement, at);
    const token = statement.slice(at, end);
    at = end;
    if (token === '?') {
      places += 1;
      numbered += `$${places}`;
    } else {
      numbered += token === '??' ? '?' : token;
    }
  }
  checkPlaces(places, values);

  return numbered;
}

/** Where what begins here ends: a string, a quoted name, a comment, a word, or one character. */
function endOfToken(sql: string, at: number): number {
  const two = sql.slice(at, at + 2);
  switch (sql[at]) {
    case "'":
    case '"':
      return endOfQuoted(sql, at, SETTING, false);
    case '?':
      return two === '??' ? at + 2 : at + 1;
    case '-':
      return two === '--' ? endOfLine(sql, at) : at + 1;
    case '/':
      return two === '/*' ? endOfComment(sql, at) : at + 1;
    case '$':
      return endOfDollars(sql, at);
    default:
      // Only in strings that begin with an E does a backslash mean something.
      return /^e'/i.test(two) ? endOfQuoted(sql, at + 1, SETTING, true) : endOfWord(sql, at);
  }
}

function endOfLine(sql: string, at: number): number {
  const end = sql.indexOf('\n', at);

  return end < 0 ? sql.length : end + 1;
}

/** They nest. */
function endOfComment(sql: string, at: number): number {
  let depth = 0;
  for (let i = at; i < sql.length; i += 1) {
    const two = sql.slice(i, i + 2);
    if (two === '/*') {
      depth += 1;
      i += 1;
    } else if (two === '*/') {
      depth -= 1;
      i += 1;
      if (depth === 0) {
        return i + 1;
      }
    }
  }
  throw new InvalidSetting(SETTING, excerpt(sql, at), 'a comment that ends with */');
}

function endOfDollars(sql: string, at: number): number {
  const tag = matchAt(DOLLARS, sql, at);
  if (tag === undefined) {
    return at + 1;
  }
  const end = sql.indexOf(tag, at + tag.length);
  if (end < 0) {
    throw new InvalidSetting(SETTING, excerpt(sql, at), `text that ends with ${tag}`);
  }

  return end + tag.length;
}

/** A dollar or an E within a word begins nothing. */
function endOfWord(sql: string, at: number): number {
  return at + (matchAt(WORD, sql, at)?.length ?? 1);
}

function matchAt(pattern: RegExp, text: string, at: number): string | undefined {
  pattern.lastIndex = at;

  return pattern.exec(text)?.[0];
}
