import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { cellText, pairsTable, table } from '../../../cli/screen/table.ts';

const plain = { heading: (text: string) => text };

test('columns are aligned and nothing is cut without a width', () => {
  expect(
    table(
      ['name', 'tags'],
      [
        ['S-001', ['a', 'b']],
        ['a-much-longer-name', []],
      ],
      plain,
    ),
  ).toBe('name                tags\nS-001               a, b\na-much-longer-name  -');
});

test('no line is wider than the terminal, and what is cut says so', () => {
  const drawn = table(['device', 'description'], [['S-001', 'x'.repeat(300)]], { ...plain, width: 60 });

  expect(Math.max(...drawn.split('\n').map((line) => line.length))).toBeLessThanOrEqual(60);
  expect(drawn).toContain('S-001');
  expect(drawn).toContain('…');
});

test('prose is cut before ids are', () => {
  const [, row] = table(['id', 'name'], [['d0123456789abcdef0123', 'next to the lift']], { ...plain, width: 34 }).split(
    '\n',
  );

  expect(row).toBe('d0123456789abcdef0123  next to th…');
});

test('any values at any width keep their line', () => {
  const cell = fc.oneof(fc.string(), fc.string({ unit: 'grapheme' }), fc.integer(), fc.constant(null));
  fc.assert(
    fc.property(
      fc.array(fc.tuple(cell, cell, cell), { maxLength: 5 }),
      fc.integer({ min: 30, max: 200 }),
      (rows, width) => {
        expect(table(['a', 'b', 'c'], rows, { ...plain, width }).split('\n')).toHaveLength(rows.length + 1);
      },
    ),
    { numRuns: 200 },
  );
});

test('pairs are aligned by their names', () => {
  expect(
    pairsTable(
      [
        ['id', 1],
        ['longer', undefined],
      ],
      plain,
    ),
  ).toBe('id      1\nlonger  -');
});

test.each([
  ['a\u001b[31mb', 'a\\x1b[31mb'],
  ['line\nbreak', 'line\\x0abreak'],
  ['\u009b31m', '\\x9b31m'],
  [{ a: 1 }, '{"a":1}'],
  [true, 'true'],
])('%j is shown as %j', (value, shown) => {
  expect(cellText(value)).toBe(shown);
});
