import { InvalidSetting } from '../errors.ts';
import type { SqlToken } from '../sql/lexer.ts';
import { templateParameter } from './template-parameter.ts';
import type { SqlPiece, TemplateSource } from './template-piece.ts';

/** What stands beside a literal, white space and comments aside. */
export interface Neighbours {
  readonly before: SqlToken | undefined;
  readonly after: SqlToken | undefined;
}

/**
 * Words in front of a literal that make one token of both: nothing but a literal may follow
 * (dev.mysql.com/doc/refman/8.0/en/literals.html).
 */
const NEEDS_LITERAL = /(?:\b(?:date|time|timestamp|n|x|b)|_[a-z0-9]+|->>?)\s*$/i;

/** A literal as an expression: itself, one bound value, or a `concat` of both. */
export function literalPieces(token: SqlToken, neighbours: Neighbours, source: TemplateSource): SqlPiece[] {
  const literal = token.text;
  const quote = literal[0] as string;
  const parts: SqlPiece[] = [];
  let from = 1;
  const fixed = (to: number) => {
    if (to > from) {
      parts.push({ kind: 'sql', text: quote + literal.slice(from, to) + quote });
    }
  };
  const end = literal.length - 1;
  for (let at = 1; at < end; ) {
    if (literal[at] === '\\') {
      at += 2;
    } else if (literal.startsWith('${', at)) {
      fixed(at);
      const { parameter, end: next } = templateParameter(literal, at, source);
      parts.push({ kind: 'bound', name: parameter.name, use: 'text' });
      from = at = next;
    } else {
      at += 1;
    }
  }
  if (!parts.some(({ kind }) => kind === 'bound')) {
    return [{ kind: 'sql', text: literal }];
  }
  fixed(end);
  refuseNeighbours(literal, neighbours, source);

  // A word may stand right before a quote, `like'%'`, but not right before an expression.
  const space = /\w/.test(source.sql[token.at - 1] ?? '') ? [sql(' ')] : [];

  return [...space, ...(parts.length === 1 ? parts : [sql('concat('), ...separated(parts), sql(')')])];
}

function separated(parts: readonly SqlPiece[]): SqlPiece[] {
  return parts.flatMap((part, index) => (index === 0 ? [part] : [sql(', '), part]));
}

function sql(text: string): SqlPiece {
  return { kind: 'sql', text };
}

function refuseNeighbours(literal: string, { before, after }: Neighbours, { setting }: TemplateSource): void {
  const introduced = before?.kind === 'code' ? NEEDS_LITERAL.exec(before.text) : null;
  if (introduced !== null) {
    throw new InvalidSetting(
      setting,
      `${introduced[0]}${literal}`,
      "a literal without parameters there; write cast('${d}' as date) instead of date '${d}'",
    );
  }
  if (isLiteral(before) || isLiteral(after)) {
    throw new InvalidSetting(
      setting,
      literal,
      'one literal: those side by side are joined only where none has a parameter',
    );
  }
}

function isLiteral(token: SqlToken | undefined): boolean {
  return token?.kind === 'string';
}
