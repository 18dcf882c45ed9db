import { InvalidSetting } from '../errors.ts';
import type { BoundParameter } from '../sql/bound-parameter.ts';
import { lexSql } from '../sql/lexer.ts';
import type { RenderedSql } from './template-piece.ts';

/** A date is bound in UTC, to the millisecond. */
export type SqlValue = string | number | bigint | boolean | Date | null | undefined;

const SETTING = 'statement';

/**
 * A statement with a `?` for every value, as the Data API takes it: `:p0`, `:p1`, … A list becomes as many as it has values. A `?` in a literal
 * or a comment is text.
 *
 * @throws InvalidSetting when there are more or fewer values than places, or a list is empty
 */
export function boundStatement(statement: string, values: readonly (SqlValue | readonly SqlValue[])[]): RenderedSql {
  const parameters: BoundParameter[] = [];
  let places = 0;
  const placed = () => {
    const value = values[places++];
    const several = Array.isArray(value) ? (value as readonly SqlValue[]) : [value as SqlValue];
    if (several.length === 0) {
      throw new InvalidSetting(
        `${SETTING}: value ${places}`,
        '[]',
        'a list with at least one value: `IN ()` is no SQL',
      );
    }

    return several
      .map((one) => {
        const name = `p${parameters.length}`;
        parameters.push({ name, value: boundValue(one) });

        return `:${name}`;
      })
      .join(', ');
  };
  const sql = lexSql(statement, SETTING)
    .map(({ kind, text }) => (kind === 'code' ? text.replaceAll('?', placed) : text))
    .join('');
  if (places !== values.length) {
    throw new InvalidSetting(
      `${SETTING}: values`,
      values.length,
      `${places}, one for each place outside of quotes and comments`,
    );
  }

  return { sql, parameters };
}

function boundValue(value: SqlValue): BoundParameter['value'] {
  if (value === null || value === undefined) {
    return { isNull: true };
  }
  if (value instanceof Date) {
    return { stringValue: value.toISOString().slice(0, 23).replace('T', ' ') };
  }
  switch (typeof value) {
    case 'boolean':
      return { booleanValue: value };
    case 'number':
      return Number.isSafeInteger(value) ? { longValue: value } : { doubleValue: finite(value) };
    default:
      return { stringValue: String(value) };
  }
}

function finite(value: number): number {
  if (!Number.isFinite(value)) {
    throw new InvalidSetting(`${SETTING}: value`, String(value), 'a finite number');
  }

  return value;
}
