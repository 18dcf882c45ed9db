import { InvalidSetting } from '../errors.ts';
import { excerpt, lexSql, type SqlToken } from '../sql/lexer.ts';
import type { ApiParameter } from './api-definition.ts';
import { literalPieces } from './literal-pieces.ts';
import { templateParameter } from './template-parameter.ts';
import type { Block, Bound, SqlPiece, TemplateSource } from './template-piece.ts';

/** What the Data API would take for a parameter of ours. `:=` assigns and is none. */
const FOREIGN = /:[A-Za-z_]\w*|\?/;

/** A block still open; the statement itself is the outermost. */
interface OpenBlock {
  readonly at: number;
  readonly pieces: SqlPiece[];
}

/** Reads one statement into what is fixed, what is bound and what is optional. */
export function parseTemplate(source: TemplateSource): SqlPiece[] {
  const statement: OpenBlock = { at: 0, pieces: [] };
  const open: OpenBlock[] = [statement];
  const tokens = lexSql(source.sql, source.setting);
  for (const [index, token] of tokens.entries()) {
    switch (token.kind) {
      case 'code':
        parseCode(token, open, source);
        break;
      case 'string':
        innermost(open).pieces.push(...literalPieces(token, neighbours(tokens, index), source));
        break;
      default:
        refuseParameter(token, source);
        // Comments stay: they part words, and some are hints.
        innermost(open).pieces.push({ kind: 'sql', text: token.text });
    }
  }
  if (open.length > 1) {
    throw new InvalidSetting(
      source.setting,
      excerpt(source.sql, innermost(open).at),
      'an optional block that ends with ]',
    );
  }

  return statement.pieces;
}

function parseCode({ text, at: offset }: SqlToken, open: OpenBlock[], source: TemplateSource): void {
  let from = 0;
  const pushFixed = (to: number) => {
    if (to > from) {
      innermost(open).pieces.push({ kind: 'sql', text: withoutPlaceholders(text.slice(from, to), source) });
    }
  };
  for (let at = 0; at < text.length; ) {
    if (text[at] === '[') {
      pushFixed(at);
      open.push({ at: offset + at, pieces: [] });
      from = at += 1;
    } else if (text[at] === ']') {
      pushFixed(at);
      const block = closedBlock(open, offset + at, source);
      innermost(open).pieces.push(block);
      from = at += 1;
    } else if (text.startsWith('${', at)) {
      pushFixed(at);
      const { parameter, end } = templateParameter(text, at, source);
      innermost(open).pieces.push(bound(parameter, offset + at, offset + end, source));
      if (open.length === 1 && isRowCount(source.sql.slice(0, offset + at))) {
        checkPresence(parameter, source.setting);
      }
      from = at = end;
    } else {
      at += 1;
    }
  }
  pushFixed(text.length);
}

function bound(parameter: ApiParameter, at: number, end: number, { sql, setting }: TemplateSource): Bound {
  const { name } = parameter;
  const before = sql.slice(0, at);
  if (/[\w$@.:]$/.test(before) || /^[\w$.]/.test(sql.slice(end))) {
    throw new InvalidSetting(setting, excerpt(sql, at), 'a parameter as a value of its own, not as a part of a name');
  }
  if (/\bin\s*\(\s*$/i.test(before) && /^\s*\)/.test(sql.slice(end))) {
    return { kind: 'bound', name, use: 'list' };
  }
  if (isRowCount(before)) {
    checkRowCount(parameter, setting);
  }

  return { kind: 'bound', name, use: 'typed' };
}

function isRowCount(before: string): boolean {
  return /\b(?:limit|offset)\s+$|\blimit\s+[^\s,]+\s*,\s*$/i.test(before);
}

/** Outside of an optional block an absent parameter is NULL, which is no row count. */
function checkPresence({ name, required, default: fallback }: ApiParameter, setting: string): void {
  if (!required && fallback === undefined) {
    throw new InvalidSetting(
      setting,
      `\${${name}} that may be absent after LIMIT or OFFSET`,
      'a parameter with a default, a required one, or an optional block: [limit ${n}]',
    );
  }
}

/** MySQL takes neither text nor negative numbers for a row count: found here instead of at a call. */
function checkRowCount({ name, type, minimum = -1, maximum }: ApiParameter, setting: string): void {
  if (type !== 'integer') {
    throw new InvalidSetting(
      setting,
      `\${${name}} of type ${type} after LIMIT or OFFSET`,
      'a parameter of type integer',
    );
  }
  if (minimum < 0 || maximum === undefined) {
    throw new InvalidSetting(
      setting,
      `\${${name}} without bounds after LIMIT or OFFSET`,
      'a parameter with a minimum of at least 0 and a maximum: { type: "integer", minimum: 1, maximum: 1000 }',
    );
  }
}

function closedBlock(open: OpenBlock[], at: number, { sql, setting }: TemplateSource): Block {
  const block = open.length > 1 ? open.pop() : undefined;
  if (block === undefined) {
    throw new InvalidSetting(setting, excerpt(sql, at), 'a ] only where a [ is open');
  }
  const names = block.pieces.flatMap((piece) => (piece.kind === 'bound' ? [piece.name] : []));
  if (names.length === 0) {
    throw new InvalidSetting(
      setting,
      excerpt(sql, block.at),
      'an optional block that holds a parameter itself: [and col = ${x}]',
    );
  }

  return { kind: 'block', names, pieces: block.pieces };
}

function innermost(open: readonly OpenBlock[]): OpenBlock {
  return open.at(-1) as OpenBlock;
}

/** The next tokens to either side that are more than white space. */
function neighbours(tokens: readonly SqlToken[], index: number) {
  const filled = ({ kind, text }: SqlToken) => kind !== 'comment' && text.trim() !== '';

  return { before: tokens.slice(0, index).findLast(filled), after: tokens.slice(index + 1).find(filled) };
}

function withoutPlaceholders(text: string, { setting }: TemplateSource): string {
  const foreign = FOREIGN.exec(text);
  if (foreign !== null) {
    throw new InvalidSetting(
      setting,
      excerpt(text, foreign.index),
      'parameters as ${name}; : and ? only inside literals',
    );
  }

  return text;
}

function refuseParameter({ kind, text }: SqlToken, { setting }: TemplateSource): void {
  if (text.includes('${')) {
    const place = kind === 'identifier' ? 'a name in backticks' : 'a comment';

    throw new InvalidSetting(setting, text, `parameters as values only, not inside ${place}`);
  }
  if (text.startsWith('#{')) {
    throw new InvalidSetting(setting, text, 'parameters as ${name}; # begins a comment');
  }
}
