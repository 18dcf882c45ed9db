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
  if (places !== values.length) {
    throw new InvalidSetting('values of the statement', `${values.length}`, `one for each of its ${places} \`?\``);
  }

  return { sql, parameters: values.map((value, index) => ({ name: `p${index + 1}`, value: boundValue(value) })) };
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
