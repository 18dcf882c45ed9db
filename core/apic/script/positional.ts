import { InvalidSetting } from '../../errors.ts';
import type { BoundParameter } from '../../sql/bound-parameter.ts';
import { lexSql } from '../../sql/lexer.ts';
import type { SourceValue } from './source-value.ts';

export interface NamedStatement {
  readonly sql: string;
  readonly parameters: readonly BoundParameter[];
}

/**
 * A statement with a `?` for every value as the Data API takes it: `:p1`, `:p2`, …
 *
 * @throws InvalidSetting when there are more or fewer values than places
 */
export function namedStatement(statement: string, values: readonly SourceValue[]): NamedStatement {
  let places = 0;
  const sql = lexSql(statement, 'statement')
    .map(({ kind, text }) => (kind === 'code' ? text.replaceAll('?', () => `:p${++places}`) : text))
    .join('');
  checkPlaces(places, values);

  return { sql, parameters: values.map((value, index) => ({ name: `p${index + 1}`, value: boundValue(value) })) };
}

/** @throws InvalidSetting when there are more or fewer values than `?` in a statement of MySQL */
export function checkValues(statement: string, values: readonly SourceValue[]): void {
  const code = lexSql(statement, 'statement').filter(({ kind }) => kind === 'code');
  checkPlaces(
    code.reduce((sum, { text }) => sum + text.split('?').length - 1, 0),
    values,
  );
}

export function checkPlaces(places: number, values: readonly SourceValue[]): void {
  if (places !== values.length) {
    throw new InvalidSetting('values of the statement', values.length, `${places}, one for each \`?\``);
  }
}

function boundValue(value: SourceValue): BoundParameter['value'] {
  switch (typeof value) {
    case 'string':
      return { stringValue: value };
    case 'boolean':
      return { booleanValue: value };
    case 'number':
      return Number.isSafeInteger(value) ? { longValue: value } : { doubleValue: value };
    default:
      return { isNull: true };
  }
}
