import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { csvLine, parseCsv } from '../../../cli/devices/csv.ts';

test('fields are what stands between commas, quoted or not', () => {
  const text = '\uFEFFdevice,name\r\nS-1,"Deck ""1"", east"\n\nS-2,\n"S-3","two\r\nlines"\r\nS-4,last';

  expect(parseCsv(text)).toEqual([
    { line: 1, cells: ['device', 'name'] },
    { line: 2, cells: ['S-1', 'Deck "1", east'] },
    { line: 4, cells: ['S-2', ''] },
    { line: 5, cells: ['S-3', 'two\r\nlines'] },
    { line: 7, cells: ['S-4', 'last'] },
  ]);
});

test('a comma at the very end has an empty field behind it', () => {
  expect(parseCsv('a,b\nc,')).toEqual([
    { line: 1, cells: ['a', 'b'] },
    { line: 2, cells: ['c', ''] },
  ]);
});

test.each(['a\n"b', 'a\n"b"c', 'a\nb"c"', 'a\n"b""'])(
  'a quote that stands wrongly is refused with its line: %j',
  (text) => {
    expect(() => parseCsv(text)).toThrow('Line 2: a quote');
  },
);

test('whatever is written is read again', () => {
  const cell = fc.string({ unit: fc.constantFrom('a', '"', ',', '\r', '\n', ' ', 'é', '😀', "'") });
  const records = fc.array(fc.array(cell, { minLength: 2, maxLength: 4 }), { minLength: 1 });
  fc.assert(
    fc.property(records, (written) => {
      expect(parseCsv(written.map((cells) => csvLine(cells)).join('')).map(({ cells }) => cells)).toEqual(written);
    }),
  );
});
