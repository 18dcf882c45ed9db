import type { BoundParameter } from '../sql/bound-parameter.ts';
import type { ParameterValues, ScalarValue } from './parameter-value.ts';
import type { Bound, RenderedSql, SqlPiece } from './template-piece.ts';

/** Puts a statement together for one call's values: the text comes from the template alone. */
export function renderTemplate(pieces: readonly SqlPiece[], values: ParameterValues): RenderedSql {
  const parameters = new Map<string, BoundParameter>();
  let sql = '';
  let apart = false;
  const write = (text: string) => {
    sql += apart && /^[\w$]/.test(text) ? ` ${text}` : text;
    apart = false;
  };
  const writePiece = (piece: SqlPiece): void => {
    switch (piece.kind) {
      case 'sql':
        write(piece.text);
        break;
      case 'block':
        apart = true;
        if (piece.names.every((name) => values.has(name))) {
          piece.pieces.forEach(writePiece);
        }
        // Where a block begins or ends, or is missing, no two words may become one: `1[and a = ${x}]order by b`.
        apart = true;
        break;
      case 'bound':
        write(
          scalars(piece, values)
            .map((value, index) => bind(parameters, piece, value, index))
            .join(', '),
        );
        // A word behind it would become part of its name.
        apart = true;
    }
  };
  pieces.forEach(writePiece);

  return { sql, parameters: [...parameters.values()] };
}

/** Names are numbers: a declared name may hold what the Data API takes for none. A parameter that is used twice is bound once. */
function bind(
  parameters: Map<string, BoundParameter>,
  { name, use }: Bound,
  value: ScalarValue | undefined,
  index: number,
): string {
  const key = `${use} ${index} ${name}`;
  const parameter = parameters.get(key) ?? { name: `p${parameters.size}`, value: boundValue(value, use) };
  parameters.set(key, parameter);

  return `:${parameter.name}`;
}

function scalars({ name }: Bound, values: ParameterValues): readonly (ScalarValue | undefined)[] {
  const value = values.get(name);

  return Array.isArray(value) ? value : [value as ScalarValue | undefined];
}

function boundValue(value: ScalarValue | undefined, use: Bound['use']): BoundParameter['value'] {
  if (value === undefined) {
    return { isNull: true };
  }
  if (use === 'text' || typeof value === 'string') {
    return { stringValue: String(value) };
  }
  if (typeof value === 'boolean') {
    return { booleanValue: value };
  }

  return Number.isSafeInteger(value) ? { longValue: value } : { doubleValue: value };
}
