import { Buffer } from 'node:buffer';
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type CsvLine, correctedRecord, csvText } from '../../../core/fdi/run-file-line.ts';

const CSV: CsvLine = { delimiter: ';', quote: '"', columns: ['id', 'name', 'note'], isPlaced: false };
const corrected = (text: string, csv: Partial<CsvLine> = {}) =>
  JSON.parse(correctedRecord(Buffer.from(text), 'in/a.csv:17', { ...CSV, ...csv }));

test('a line is read by the columns and the separator of its file; where it stood stays', () => {
  expect(corrected('7;"a;""b""\nc";\n')).toEqual({ id: '7', name: 'a;"b"\nc', note: null });
  expect(corrected("7|'x|y'|\"\r\n", { delimiter: '|', quote: "'", isPlaced: true })).toEqual({
    ...{ id: '7', name: 'x|y', note: '"' },
    ...{ '@object': 'in/a.csv', '@line': 17 },
  });
  expect(corrected('17', { columns: ['id'] })).toEqual({ id: '17' });
});

test('an object of JSON is taken as it is, digit by digit', () => {
  const text = '{ "id": 12345678901234567890,\n "name": "x" }';

  expect(correctedRecord(Buffer.from(text), 'in/a.csv:17', CSV)).toBe(text);
});

test.each([
  ['7;a', 'the line has 2 cells, its file 3 columns'],
  ['7;a;b;c', 'the line has 4 cells, its file 3 columns'],
  ['7;"a;b', 'a quote that is not closed'],
  ['7;a"b;c', 'a quote inside a cell without quotes'],
  ['7;a;b\n8;c;d', 'it is more than one line'],
  ['\n\n', 'the line is empty'],
  ['[1,2,3]', 'the line has 1 cell, its file 3 columns'],
  [Buffer.from([0x37, 0x3b, 0xff, 0x3b]), 'it is not UTF-8'],
])('%j is refused with what is wrong with it, and what its columns are', (text, reason) => {
  const act = () => correctedRecord(Buffer.from(text as string), 'in/a.csv:17', CSV);

  expect(act).toThrow(`a line of its file, whose columns are id;name;note (`);
  expect(act).toThrow(reason);
});

test('any cells become a line that is read as these cells', () => {
  const cell = fc.oneof(fc.constant(null), fc.string({ unit: 'binary' }), fc.stringMatching(/^[;"'\r\n a]{0,4}$/));
  fc.assert(
    fc.property(
      fc.tuple(cell, cell, cell),
      fc.constantFrom([';', '"'], [',', "'"], ['\t', '"']),
      (cells, [delimiter = '', quote = '']) => {
        // A line of which nothing is seen is none.
        fc.pre(cells.some((one) => one !== null));
        const text = csvText({ delimiter, quote }, cells);

        expect(corrected(text, { delimiter, quote })).toEqual({ id: cells[0], name: cells[1], note: cells[2] });
      },
    ),
  );
});
