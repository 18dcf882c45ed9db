import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type CutAt, type CutRecord, csvCut, lineCut, RecordCutter } from '../../../core/fdi/run-file-cut.ts';

const CSV = csvCut({ delimiter: ',', quote: '"' });

/** The records of bytes that come in pieces of these sizes, from a place on. */
function cut(
  how: CutAt,
  text: string | Buffer,
  sizes: readonly number[] = [1_000_000],
  offset = 0,
  line = 1,
): CutRecord[] {
  const bytes = Buffer.from(text).subarray(offset);
  const cutter = new RecordCutter(how, offset, line);
  const records: CutRecord[] = [];
  const take = () => {
    for (let record = cutter.next(); record !== undefined; record = cutter.next()) records.push(record);
  };
  for (let at = 0, turn = 0; at < bytes.length; turn += 1) {
    const size = sizes[turn % sizes.length] ?? 1;
    cutter.push(Buffer.from(bytes.subarray(at, at + size)));
    at += size;
    take();
  }
  cutter.end();
  take();

  return records;
}

const cell = fc.option(
  fc.string({ unit: fc.constantFrom('a', 'é', '😀', ',', '"', '\n', '\r', ' ', ';'), maxLength: 5 }),
  {
    nil: null,
  },
);
const written = (value: string | null, isQuoted: boolean) =>
  value === null ? '' : isQuoted || value === '' || /[",\r\n]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value;

test('what is written as CSV is read as it was, however its bytes come, and from behind any record on', () => {
  fc.assert(
    fc.property(
      fc.array(fc.array(cell, { minLength: 2, maxLength: 3 }), { maxLength: 8 }),
      fc.constantFrom('\n', '\r\n', '\r'),
      fc.boolean(),
      fc.boolean(),
      fc.array(fc.integer({ min: 1, max: 7 }), { minLength: 1, maxLength: 5 }),
      (table, lineEnd, isEnded, isQuoted, sizes) => {
        const lines = table.map((row) => row.map((value) => written(value, isQuoted)).join(','));
        const text = lines.join(lineEnd) + (isEnded && lines.length > 0 ? lineEnd : '');

        const records = cut(CSV, text, sizes);

        expect(records.map(({ cells }) => cells)).toEqual(table);
        for (const [at, { end, nextLine }] of records.entries()) {
          expect(cut(CSV, text, sizes, end, nextLine)).toEqual(records.slice(at + 1));
        }
      },
    ),
    { numRuns: 300 },
  );
});

test('lines are counted as an editor counts them, and empty ones are no records', () => {
  const records = cut(CSV, 'a,b\n\n"x\ny",z\r\n\r\nlast,');

  expect(records.map(({ line, cells }) => [line, cells])).toEqual([
    [1, ['a', 'b']],
    [3, ['x\ny', 'z']],
    [6, ['last', null]],
  ]);
});

test.each([
  ['a quote inside a cell', '1,2\n3,4"4\n5,6\n', 'inside a cell'],
  ['something behind a quote', '1,2\n"3"x,4\n5,6\n', 'behind a closed quote'],
  ['a quote that is not closed', '1,2\n"3,4\n5,6\n', 'not closed'],
])('%s costs its own line and no other', (_what, text, words) => {
  const records = cut(CSV, text, [3]);

  expect(records.map(({ line, cells, rejection }) => [line, rejection?.code ?? cells])).toEqual([
    [1, ['1', '2']],
    [2, 'syntax'],
    [3, ['5', '6']],
  ]);
  expect(records[1]?.rejection?.reason).toContain(words);
  expect(records[1]?.cells).toEqual([text.split('\n')[1]]);
});

test('what is not UTF-8, and what is too long, costs its own line', () => {
  const long = 'x'.repeat(3 * 1024 * 1024);
  const bytes = Buffer.concat([
    Buffer.from('1,2\n'),
    Buffer.from([0xff, 0x2c, 0x31, 0x0a]),
    Buffer.from(`${long}\n5,6\n`),
  ]);

  const records = cut(CSV, bytes, [700_000]);

  expect(records.map(({ line, cells, rejection }) => [line, rejection?.code ?? cells])).toEqual([
    [1, ['1', '2']],
    [2, 'encoding'],
    [3, 'length'],
    [4, ['5', '6']],
  ]);
  expect(records[2]?.cells[0]).toHaveLength(10_000);
  expect(records[3]?.end).toBe(bytes.length);
});

test('a quote that nobody closes in a large file gives up its own line only', () => {
  const rest = Array.from({ length: 200_000 }, (_, at) => `${at},${at}\n`).join('');

  const records = cut(CSV, `"1,2\n${rest}`, [256 * 1024]);

  expect([records.length, records[0]?.rejection?.code, records.at(-1)?.cells]).toEqual([
    200_001,
    'length',
    ['199999', '199999'],
  ]);
});

test('lines are lines, whatever stands in them', () => {
  expect(cut(lineCut, '{"a":"\\n"}\r\n\n"x', [2]).map(({ line, cells }) => [line, cells[0]])).toEqual([
    [1, '{"a":"\\n"}'],
    [3, '"x'],
  ]);
});
