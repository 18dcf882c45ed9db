import type { BoundParameter } from '../sql/bound-parameter.ts';
import type { ParameterValues, ScalarValue } from './parameter-value.ts';
import type { Bound, RenderedSql, SqlPiece } from './template-piece.ts';

/** Puts a statement together for one call's values: the text comes from the template alone. */
export function renderTemplate(pieces: readonly SqlPiece[], values: ParameterValues): RenderedSql {
  const parameters = new Map<string, BoundParameter>();
  const render = (list: readonly SqlPiece[]): string => list.map(renderPiece).join('');
  const renderPiece = (piece: SqlPiece): string => {
    switch (piece.kind) {
      case 'sql':
        return piece.text;
      case 'block':
        return piece.names.every((name) => values.has(name)) ? render(piece.pieces) : '';
      case 'bound':
        return scalars(piece, values)
          .map((value, index) => bind(piece, value, index))
          .join(', ');
    }
  };
  // Names are numbers: a declared name may hold what the Data API takes for none. One that is used twice is bound once.
  const bind = ({ name, use }: Bound, value: ScalarValue | undefined, index: number): string => {
    const key = `${use} ${index} ${name}`;
    const parameter = parameters.get(key) ?? { name: `p${parameters.size}`, value: boundValue(value, use) };
    parameters.set(key, parameter);

    return `:${parameter.name}`;
  };
  const sql = render(pieces);

  return { sql, parameters: [...parameters.values()] };
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
