import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { parseStatement } from '../../../local/data-api/statement.ts';

test.each([
  ['SELECT :a, :b, :a', 'SELECT ?, ?, ?', ['a', 'b', 'a']],
  ["SELECT ':a', 'it''s :a', '\\':a', :b", "SELECT ':a', 'it''s :a', '\\':a', ?", ['b']],
  ['SELECT ":a""", `:a```, :b', 'SELECT ":a""", `:a```, ?', ['b']],
  ['SELECT 1 -- :a\n, :b # :c\n /* :d */', 'SELECT 1 -- :a\n, ? # :c\n /* :d */', ['b']],
  ['SELECT 5--:a', 'SELECT 5--?', ['a']],
  ['SET @x:=:a', 'SET @x:=?', ['a']],
  ['SELECT :a;', 'SELECT ?;', ['a']],
])('%j is sent as %j', (sql, text, names) => {
  expect(parseStatement(sql)).toMatchObject({ text, names });
});

test('whatever stands in a literal is left as it is', () => {
  fc.assert(
    fc.property(fc.string(), (content) => {
      const literal = `'${content.replaceAll('\\', '\\\\').replaceAll("'", "''")}'`;

      expect(parseStatement(`SELECT ${literal}, :x`)).toMatchObject({ text: `SELECT ${literal}, ?`, names: ['x'] });
    }),
  );
});

test.each(['SELECT 1; SELECT 2', 'SELECT 1;;', "DELETE FROM t; -- x\n SELECT ''"])(
  '%j is several statements',
  (sql) => {
    expect(() => parseStatement(sql)).toThrow("Multistatements aren't supported");
  },
);

test.each([
  "SELECT ';'; -- ;\n",
  'CREATE PROCEDURE p() BEGIN SELECT 1; SELECT 2; END',
  'CREATE OR REPLACE TRIGGER t BEGIN SET x = 1; END',
])('%j is one', (sql) => {
  expect(() => parseStatement(sql)).not.toThrow();
});

test('a question mark outside of a literal is refused, one inside is not', () => {
  expect(() => parseStatement('SELECT ?')).toThrow('Positional parameters are not supported');
  expect(() => parseStatement("SELECT '?'")).not.toThrow();
});

test.each([
  ["SET SESSION sql_mode = ''", true],
  ['SELECT @a := 1', true],
  ['CREATE TEMPORARY TABLE t (a INT)', true],
  ["SELECT GET_LOCK('x', 1)", true],
  ["SELECT 'me@example.org'", false],
  ['UPDATE t SET a = :a', false],
])('%j changes its session: %p', (sql, stateful) => {
  expect(parseStatement(sql).stateful).toBe(stateful);
});
