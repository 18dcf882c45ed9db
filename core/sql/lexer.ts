import { InvalidSetting } from '../errors.ts';

/**
 * `code`: everything a parameter, a bracket or a semicolon may be found in · `string`: a literal in single or double quotes (the cluster
 * runs without ANSI_QUOTES) · `identifier`: a name in backticks · `comment`: with its marks; those MySQL executes (which begin with `/*!`) too.
 */
export type SqlTokenKind = 'code' | 'string' | 'identifier' | 'comment';

export interface SqlToken {
  readonly kind: SqlTokenKind;
  /** As written, quotes and marks included: all tokens joined are the statement. */
  readonly text: string;
  /** Where it begins, in UTF-16 units. */
  readonly at: number;
}

/**
 * Cuts MySQL's SQL into what is code and what is not (dev.mysql.com/doc/refman/8.0/en/string-literals.html and …/comments.html).
 *
 * @param setting where the text stands, for messages: the name of a file, of a setting
 * @throws InvalidSetting when a literal, a quoted name or a comment is not closed
 */
export function lexSql(sql: string, setting = 'sql'): SqlToken[] {
  const tokens: SqlToken[] = [];
  let codeFrom = 0;
  for (let at = 0; at < sql.length; ) {
    const kind = kindAt(sql, at);
    if (kind === 'code') {
      at += 1;
      continue;
    }
    const end = endOf(sql, at, kind, setting);
    if (at > codeFrom) {
      tokens.push({ kind: 'code', text: sql.slice(codeFrom, at), at: codeFrom });
    }
    tokens.push({ kind, text: sql.slice(at, end), at });
    codeFrom = end;
    at = end;
  }
  if (sql.length > codeFrom) {
    tokens.push({ kind: 'code', text: sql.slice(codeFrom), at: codeFrom });
  }

  return tokens;
}

/**
 * The statements of a script, trimmed, without their semicolons; what holds only comments is no statement.
 *
 * @param setting where the script stands, for messages
 * @throws InvalidSetting for what is not closed, and for `DELIMITER`, which is a command of MySQL's client and not SQL
 */
export function splitStatements(sql: string, setting = 'sql'): string[] {
  const statements: string[] = [];
  let text = '';
  let empty = true;
  const finish = () => {
    if (!empty) {
      statements.push(text.trim());
    }
    text = '';
    empty = true;
  };
  for (const token of lexSql(sql, setting)) {
    const parts = token.kind === 'code' ? token.text.split(';') : [token.text];
    for (const [index, part] of parts.entries()) {
      if (index > 0) {
        finish();
      }
      text += part;
      empty &&= !isContent(token, part);
    }
  }
  finish();
  const foreign = statements.find((statement) => /^delimiter\b/i.test(statement));
  if (foreign !== undefined) {
    throw new InvalidSetting(
      setting,
      excerpt(foreign, 0),
      'SQL statements that end with a semicolon, without DELIMITER',
    );
  }

  return statements;
}

/** A piece of a statement for a message. */
export function excerpt(sql: string, at: number): string {
  const text = sql.slice(at, at + 40).replaceAll(/\s+/g, ' ');

  return at + 40 < sql.length ? `${text}…` : text;
}

function isContent(token: SqlToken, part: string): boolean {
  return token.kind === 'comment' ? token.text.startsWith('/*!') : part.trim() !== '';
}

function kindAt(sql: string, at: number): SqlTokenKind {
  switch (sql[at]) {
    case "'":
    case '"':
      return 'string';
    case '`':
      return 'identifier';
    case '#':
      return 'comment';
    case '/':
      return sql[at + 1] === '*' ? 'comment' : 'code';
    case '-':
      // MySQL wants white space or the end behind the two dashes: `5--3` is 8.
      return sql[at + 1] === '-' && !/\S/.test(sql[at + 2] ?? ' ') ? 'comment' : 'code';
    default:
      return 'code';
  }
}

function endOf(sql: string, at: number, kind: Exclude<SqlTokenKind, 'code'>, setting: string): number {
  if (kind !== 'comment') {
    return endOfQuoted(sql, at, setting);
  }
  if (sql[at] !== '/') {
    const end = sql.indexOf('\n', at);

    return end < 0 ? sql.length : end + 1;
  }
  const end = sql.indexOf('*/', at + 2);
  if (end < 0) {
    throw new InvalidSetting(setting, excerpt(sql, at), 'a comment that ends with */');
  }

  return end + 2;
}

/**
 * Where the quoted text that begins at `at` ends: behind its closing quote. A doubled quote stands for one.
 *
 * @param escapes whether a backslash takes the next character out of its meaning
 * @throws InvalidSetting of `setting` for a text without an end
 */
export function endOfQuoted(sql: string, at: number, setting: string, escapes = sql[at] !== '`'): number {
  const quote = sql[at];
  for (let i = at + 1; i < sql.length; i += 1) {
    if (escapes && sql[i] === '\\') {
      i += 1;
    } else if (sql[i] === quote && sql[i + 1] === quote) {
      i += 1;
    } else if (sql[i] === quote) {
      return i + 1;
    }
  }
  throw new InvalidSetting(setting, excerpt(sql, at), `text that ends with its quote ${quote}`);
}
