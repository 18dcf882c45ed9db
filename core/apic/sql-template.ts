import { InvalidSetting } from '../errors.ts';
import { splitStatements } from '../sql/lexer.ts';
import type { ApiParameter } from './api-definition.ts';
import type { ParameterValues } from './parameter-value.ts';
import { parseTemplate } from './parse-template.ts';
import { renderTemplate } from './render-template.ts';
import type { Bound, RenderedSql, SqlPiece } from './template-piece.ts';

/** A data API's statement, read once; every value of a call is bound, none becomes part of the text. */
export interface SqlTemplate {
  /** Parameters that stand alone in `in (${ids})`: they take a list. */
  readonly lists: ReadonlySet<string>;
  render(values: ParameterValues): RenderedSql;
}

/**
 * Compiles a statement with parameters.
 *
 * - `${name}` becomes a bound parameter of the declared type; one that is absent is NULL.
 * - Inside a literal, as existing statements have it, the literal becomes an expression: `'%${q}%'` → `concat('%', :p0, '%')`,
 *   `'${id}'` → `:p0`; there the value is text, whatever its type. `\${` is no parameter.
 * - `[and col = ${x}]` is kept only when every parameter directly in it is present; blocks nest.
 * - `in (${ids})` takes a list.
 *
 * @param parameters the API's declared parameters
 * @param setting where the statement stands, for messages: `Parking/free: sql`
 * @throws InvalidSetting for anything that could not work or could not be bound: an undeclared parameter, one in backticks or a comment,
 *   an open bracket or literal, a second statement, a placeholder of the Data API (`:name`, `?`) of the author's own
 */
export function sqlTemplate(sql: string, parameters: readonly ApiParameter[], setting = 'sql'): SqlTemplate {
  const [statement, second] = splitStatements(sql, setting);
  if (statement === undefined || second !== undefined) {
    throw new InvalidSetting(setting, sql, 'one SQL statement (the Data API runs one a call)');
  }
  const declared = new Map(parameters.map((parameter) => [parameter.name, parameter]));
  const pieces = parseTemplate({ sql: statement, declared, setting });
  const bounds = boundsOf(pieces);
  const lists = new Set(bounds.filter(({ use }) => use === 'list').map(({ name }) => name));
  const mixed = bounds.find(({ name, use }) => use !== 'list' && lists.has(name));
  if (mixed !== undefined) {
    throw new InvalidSetting(
      setting,
      `\${${mixed.name}}`,
      'a parameter used either as a list or as one value, not both',
    );
  }

  return { lists, render: (values) => renderTemplate(pieces, values) };
}

function boundsOf(pieces: readonly SqlPiece[]): Bound[] {
  return pieces.flatMap((piece) => {
    if (piece.kind === 'block') {
      return boundsOf(piece.pieces);
    }

    return piece.kind === 'bound' ? [piece] : [];
  });
}
