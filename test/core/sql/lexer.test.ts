import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { lexSql, splitStatements } from '../../../core/sql/lexer.ts';

function kinds(sql: string): string[] {
  return lexSql(sql).map(({ kind, text }) => `${kind} ${text}`);
}

test.each([
  ['select 1', ['code select 1']],
  ["a='x'", ['code a=', "string 'x'"]],
  [`"x"+'y'`, ['string "x"', 'code +', "string 'y'"]],
  ["'it''s'", ["string 'it''s'"]],
  [`'a"b'`, [`string 'a"b'`]],
  ["'it\\'s' b", ["string 'it\\'s'", 'code  b']],
  ["'\\\\' b", ["string '\\\\'", 'code  b']],
  ['`a``b` c', ['identifier `a``b`', 'code  c']],
  ['`a\\` c', ['identifier `a\\`', 'code  c']],
  ["a -- it's\nb", ['code a ', "comment -- it's\n", 'code b']],
  ['5--3', ['code 5--3']],
  ['a --', ['code a ', 'comment --']],
  ["a # it's", ['code a ', "comment # it's"]],
  ["a/* it's */b", ['code a', "comment /* it's */", 'code b']],
  ['/*/ a */b', ['comment /*/ a */', 'code b']],
  ['a/b', ['code a/b']],
  ["'-- #' /*'*/", ["string '-- #'", 'code  ', "comment /*'*/"]],
  ['', []],
])('%s is cut into its tokens', (sql, expected) => {
  expect(kinds(sql)).toEqual(expected);
});

test.each([
  ["select 'a", "text that ends with its quote '"],
  ["select 'a\\'", "text that ends with its quote '"],
  ['select "a""', 'text that ends with its quote "'],
  ['select `a', 'text that ends with its quote `'],
  ['select /* a', 'a comment that ends with */'],
])('%s is refused: it is not closed', (sql, message) => {
  expect(() => lexSql(sql)).toThrow(message);
});

const piece = fc.oneof(
  fc.constantFrom('a', ' ', ';', '\n', '-', '/', '*', '\\', '#\n', '-- x\n', '/* ; */', '`;`'),
  fc.string({ unit: fc.constantFrom('a', "''", '\\;', '"', '#', ';', '--'), maxLength: 6 }).map((text) => `'${text}'`),
);

test('the tokens joined are the text, each where it says', () => {
  fc.assert(
    fc.property(
      fc.array(piece).map((pieces) => pieces.join('')),
      (sql) => {
        fc.pre(!/\/\*(?!.*\*\/)/s.test(sql) && closed(sql));
        const tokens = lexSql(sql);

        expect(tokens.map(({ text }) => text).join('')).toBe(sql);
        for (const { text, at } of tokens) {
          expect(sql.startsWith(text, at)).toBe(true);
        }
      },
    ),
  );
});

function closed(sql: string): boolean {
  try {
    lexSql(sql);

    return true;
  } catch {
    return false;
  }
}

test.each([
  ['', []],
  [' ; ;\n', []],
  ['-- nothing here;\n/* nor ; here */;', []],
  ['a; b;', ['a', 'b']],
  ['a;\n\nb', ['a', 'b']],
  ['insert into t values(\';\', ";", `;`); b', ['insert into t values(\';\', ";", `;`)', 'b']],
  ['-- first\na; # second;\nb', ['-- first\na', '# second;\nb']],
  ["insert into t values('it\\';s'); b", ["insert into t values('it\\';s')", 'b']],
  ['/*!40101 set names utf8mb4 */; b', ['/*!40101 set names utf8mb4 */', 'b']],
])('the script %j has these statements', (script, expected) => {
  expect(splitStatements(script)).toEqual(expected);
});

test('statements joined and split again are the same', () => {
  const statement = fc
    .array(fc.constantFrom('select', ' ', "';'", '";"', '`;`', '/*;*/', '-- ;\n', 'x'), { minLength: 1 })
    .map((words) => `s${words.join('')}x`);
  fc.assert(
    fc.property(fc.array(statement), (statements) => {
      expect(splitStatements(statements.map((text) => `${text};`).join('\n'))).toEqual(statements);
    }),
  );
});

test('DELIMITER is refused by name', () => {
  expect(() => splitStatements('DELIMITER //\ncreate procedure p() begin end //')).toThrow('without DELIMITER');
});
