import { badRequest, validation } from './errors.ts';

/** A statement as it is sent: named parameters replaced by placeholders. */
export interface Statement {
  readonly text: string;
  /** One name per placeholder, in order; a name may repeat. */
  readonly names: readonly string[];
  /** It ends with a semicolon, which a batch may not. */
  readonly terminated: boolean;
  /** It changes its session, so the connection is not given to anybody else afterwards. */
  readonly stateful: boolean;
  /** Generated keys of an upsert cannot be counted from its result. */
  readonly upsert: boolean;
}

/**
 * Everything in which a colon, a question mark or a semicolon is not what it looks like, then what we look for.
 * MySQL's own lexical rules: https://dev.mysql.com/doc/refman/8.0/en/comments.html, …/string-literals.html
 */
const TOKEN = new RegExp(
  [
    /'[^'\\]*(?:(?:\\[\s\S]|'')[^'\\]*)*'/,
    /"[^"\\]*(?:(?:\\[\s\S]|"")[^"\\]*)*"/,
    /`[^`]*(?:``[^`]*)*`/,
    /--(?=\s|$)[^\n]*|#[^\n]*|\/\*[\s\S]*?\*\//,
    /:=|:([A-Za-z_][A-Za-z0-9_]*)|[?;@]|\w+|\S/,
  ]
    .map(({ source }) => source)
    .join('|'),
  'g',
);

/** A body has semicolons of its own. */
const HAS_BODY = /^\s*CREATE\s+(OR\s+REPLACE\s+)?(DEFINER\s*=\s*\S+\s+)?(PROCEDURE|FUNCTION|TRIGGER|EVENT)\b/i;
const STATEFUL =
  /^\s*(SET|USE|LOCK|PREPARE|CHANGE|FLUSH)\b|\bTEMPORARY\b|\b(GET|RELEASE)_LOCK\b|\bSTART\s+TRANSACTION\b/i;
const UPSERT = /\bON\s+DUPLICATE\s+KEY\b/i;

const CACHED = 500;
const cache = new Map<string, Statement>();

/** Throws `AwsError` ValidationException for several statements, BadRequestException for a bare `?`. */
export function parseStatement(sql: string): Statement {
  const known = cache.get(sql);
  if (known !== undefined) return known;
  const parsed = parse(sql);
  if (cache.size >= CACHED) cache.delete(cache.keys().next().value as string);
  cache.set(sql, parsed);

  return parsed;
}

function parse(sql: string): Statement {
  const names: string[] = [];
  const hasBody = HAS_BODY.test(sql);
  let text = '';
  let copied = 0;
  let terminated = false;
  let stateful = STATEFUL.test(sql);
  for (const match of sql.matchAll(TOKEN)) {
    const [token, name] = match;
    if (isComment(token)) continue;
    if (terminated) throw validation("Multistatements aren't supported");
    if (token === '?') throw badRequest('Positional parameters are not supported; use named ones: :name');
    terminated = token === ';' && !hasBody;
    stateful ||= token === '@';
    if (name === undefined) continue;
    names.push(name);
    text += `${sql.slice(copied, match.index)}?`;
    copied = match.index + token.length;
  }

  return {
    text: text + sql.slice(copied),
    names,
    terminated,
    stateful,
    upsert: UPSERT.test(sql),
  };
}

function isComment(token: string): boolean {
  return token.startsWith('/*') || token.startsWith('#') || token.startsWith('--');
}
