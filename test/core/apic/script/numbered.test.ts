import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { numberedStatement } from '../../../../core/apic/script/numbered.ts';

/** With as many values as it wants. */
const numbered = (sql: string, places: number) => numberedStatement(sql, Array(places).fill(1));

test.each([
  ['SELECT ?, ? FROM t WHERE a=?', 3, 'SELECT $1, $2 FROM t WHERE a=$3'],
  ['SELECT 1', 0, 'SELECT 1'],
  ["SELECT '?', 'it''s ?', ?", 1, "SELECT '?', 'it''s ?', $1"],
  ["SELECT 'a\\', ?, 'b'", 1, "SELECT 'a\\', $1, 'b'"],
  ["SELECT E'a\\'?', e'\\\\', ?", 1, "SELECT E'a\\'?', e'\\\\', $1"],
  ["SELECT a LIKE'\\', ?", 1, "SELECT a LIKE'\\', $1"],
  ['SELECT "a?""b?" FROM t WHERE c = ?', 1, 'SELECT "a?""b?" FROM t WHERE c = $1'],
  ['SELECT ? -- why?\n, ?', 2, 'SELECT $1 -- why?\n, $2'],
  ['SELECT 5--?', 0, 'SELECT 5--?'],
  ['SELECT /* ? /* ? */ ? */ ?', 1, 'SELECT /* ? /* ? */ ? */ $1'],
  ['DO $$ ? $a$ ? $$', 0, 'DO $$ ? $a$ ? $$'],
  ['SELECT $é$ $$ ? $é$, ?', 1, 'SELECT $é$ $$ ? $é$, $1'],
  ['SELECT a$b$, ?, c$b$', 1, 'SELECT a$b$, $1, c$b$'],
  ["SELECT doc ?? ?, doc ??| ARRAY['a']", 1, "SELECT doc ? $1, doc ?| ARRAY['a']"],
  ['SELECT ??', 0, 'SELECT ?'],
  ['SELECT ???', 1, 'SELECT ?$1'],
])('%s has %p places', (sql, places, expected) => {
  expect(numbered(sql, places)).toBe(expected);
});

test.each([
  ['SELECT ?', 0, 'received 0; allowed: 1'],
  ['SELECT 1', 1, 'received 1; allowed: 0'],
  ["SELECT 'open", 0, "ends with its quote '"],
  ["SELECT E'open\\'", 0, "ends with its quote '"],
  ['SELECT /* open /* */', 0, 'a comment that ends with */'],
  ['SELECT $tag$ open $other$', 0, 'ends with $tag$'],
])('%s with %p values is refused', (sql, places, message) => {
  expect(() => numbered(sql, places)).toThrow(message);
});

test('whatever a value in quotes holds, it is left as it is, and the places around it are found', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: fc.constantFrom('?', "'", '$', '\\', '/', '*', '-', '"', 'E', ' ', '\n') }),
      (text) => {
        const quoted = [
          `'${text.replaceAll("'", "''")}'`,
          `"${text.replaceAll('"', '""')}"`,
          `$z$${text.replaceAll('$', '')}$z$`,
        ];
        for (const value of quoted) {
          expect(numbered(`SELECT ?, ${value}, ?`, 2)).toBe(`SELECT $1, ${value}, $2`);
        }
      },
    ),
  );
});
