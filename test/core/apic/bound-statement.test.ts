import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { boundStatement } from '../../../core/apic/bound-statement.ts';
import { lexSql } from '../../../core/sql/lexer.ts';

test('every place outside of quotes and comments is a value of its own', () => {
  const statement = "SELECT '?' AS q, `?` /* ? */ FROM t WHERE a = ? AND b IN (?) -- ?\n AND c < ?";

  expect(boundStatement(statement, ['x', [1, 2.5], null])).toEqual({
    sql: "SELECT '?' AS q, `?` /* ? */ FROM t WHERE a = :p0 AND b IN (:p1, :p2) -- ?\n AND c < :p3",
    parameters: [
      { name: 'p0', value: { stringValue: 'x' } },
      { name: 'p1', value: { longValue: 1 } },
      { name: 'p2', value: { doubleValue: 2.5 } },
      { name: 'p3', value: { isNull: true } },
    ],
  });
});

test.each([
  [true, { booleanValue: true }],
  [undefined, { isNull: true }],
  [new Date('2026-04-01T12:00:00.250Z'), { stringValue: '2026-04-01 12:00:00.250' }],
  [9_007_199_254_740_993n, { stringValue: '9007199254740993' }],
  [1e21, { doubleValue: 1e21 }],
])('%p is bound as %p', (given, value) => {
  expect(boundStatement('SELECT ?', [given]).parameters).toEqual([{ name: 'p0', value }]);
});

test.each<[string, Parameters<typeof boundStatement>, string]>([
  ['too few values', ['SELECT ?, ?', [1]], 'received 1; allowed: 2'],
  ['a value inside quotes', ["SELECT '?'", ['x']], 'received 1; allowed: 0'],
  ['an empty list', ['SELECT 1 WHERE 1 IN (?)', [[]]], 'at least one value'],
  ['a number that is none', ['SELECT ?', [Number.NaN]], 'a finite number'],
])('%s is refused', (_name, given, message) => {
  expect(() => boundStatement(...given)).toThrow(message);
});

test('no value ever becomes part of the statement', () => {
  fc.assert(
    fc.property(fc.array(fc.string()), (values) => {
      const statement = `SELECT ${values.map(() => '?').join(', ') || '1'}`;
      const { sql, parameters } = boundStatement(statement, values);

      expect(lexSql(sql).every(({ kind }) => kind === 'code')).toBe(true);
      expect(parameters.map(({ value }) => value)).toEqual(values.map((stringValue) => ({ stringValue })));
    }),
  );
});
