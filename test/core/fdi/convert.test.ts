import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Column } from '../../../core/fdi/column.ts';
import { conversion } from '../../../core/fdi/convert.ts';
import { parseJson } from '../../../core/fdi/json.ts';
import { Rejection } from '../../../core/fdi/rejection.ts';
import type { MetadataType } from '../../../core/fdi/topic-task.ts';
import { column } from './tasks.ts';

const utc = () => 0;
const COLUMNS = {
  'varchar(4)': column('c', { length: 4 }),
  tinytext: column('c', { type: 'tinytext', length: 255 }),
  'varchar(9) utf8mb3': column('c', { length: 9, charset: 'utf8mb3' }),
  'varchar(9) ascii': column('c', { length: 9, charset: 'ascii' }),
  'varbinary(4)': column('c', { kind: 'binary', type: 'varbinary', length: 4 }),
  "enum('a','B')": column('c', { kind: 'enumeration', type: 'enum', members: ['a', 'B'] }),
  "enum('a','B') ci": column('c', { kind: 'enumeration', type: 'enum', members: ['a', 'B'], caseInsensitive: true }),
  json: column('c', { kind: 'json', type: 'json' }),
  tinyint: column('c', { kind: 'integer', type: 'tinyint' }),
  'int unsigned': column('c', { kind: 'integer', type: 'int', unsigned: true }),
  bigint: column('c', { kind: 'integer', type: 'bigint' }),
  'decimal(5,2)': column('c', { kind: 'decimal', type: 'decimal', precision: 5, scale: 2 }),
  'decimal(5,2) unsigned': column('c', { kind: 'decimal', type: 'decimal', precision: 5, scale: 2, unsigned: true }),
  float: column('c', { kind: 'float', type: 'float' }),
  double: column('c', { kind: 'float', type: 'double' }),
  date: column('c', { kind: 'date', type: 'date' }),
  'datetime(3)': column('c', { kind: 'datetime', type: 'datetime', fractionDigits: 3 }),
  timestamp: column('c', { kind: 'datetime', type: 'timestamp' }),
  'time(1)': column('c', { kind: 'time', type: 'time', fractionDigits: 1 }),
  year: column('c', { kind: 'year', type: 'year' }),
} as const satisfies Record<string, Column>;
type ColumnName = keyof typeof COLUMNS;

function convert(type: MetadataType, name: ColumnName, json: string): unknown {
  const outcome = conversion(type, COLUMNS[name], utc)?.(parseJson(json));

  return outcome instanceof Rejection ? outcome.code : outcome;
}

test.each<[MetadataType, ColumnName, string, string]>([
  ['string', 'varchar(4)', '"😀😀😀😀"', '😀😀😀😀'],
  ['string', 'varchar(4)', '12', '12'],
  ['string', 'varchar(4)', 'true', 'true'],
  ['integer', 'varchar(4)', '" +012 "', '12'],
  ['number', 'varchar(4)', '"1e2"', '100'],
  ['number', 'varchar(4)', '-1.5', '-1.5'],
  ['boolean', 'tinytext', '"FALSE"', 'false'],
  ['datetime', 'tinytext', '"2026-11-01T08:00:00+08:00"', '2026-11-01T00:00:00.000Z'],
  ['json', 'tinytext', '{"a":[1,null]}', '{"a":[1,null]}'],
  ['string', 'varchar(9) utf8mb3', '"字"', '字'],
  ['string', 'varbinary(4)', '"é1"', 'é1'],
  ['string', "enum('a','B')", '"B"', 'B'],
  ['string', "enum('a','B') ci", '"b"', 'b'],
  ['json', 'json', '{"n":12345678901234567890}', '{"n":12345678901234567890}'],
  ['string', 'json', '"a\\"b"', '"a\\"b"'],
  ['number', 'json', '"012"', '12'],
  ['boolean', 'json', '1', 'true'],
  ['json', 'json', '"\\\\ud800"', '"\\\\ud800"'],
  ['json', 'json', '"\\ud83d\\ude00"', '"😀"'],
  ['integer', 'tinyint', '-128', '-128'],
  ['integer', 'tinyint', '1e2', '100'],
  ['string', 'tinyint', '"7.0"', '7'],
  ['boolean', 'tinyint', '"true"', '1'],
  ['boolean', 'tinyint', '0', '0'],
  ['integer', 'int unsigned', '4294967295', '4294967295'],
  ['integer', 'bigint', '9223372036854775807', '9223372036854775807'],
  ['number', 'decimal(5,2)', '999.994', '999.99'],
  ['number', 'decimal(5,2)', '-0.005', '-0.01'],
  ['integer', 'decimal(5,2)', '7', '7'],
  ['number', 'decimal(5,2) unsigned', '-0.001', '0.00'],
  ['number', 'float', '1e38', '1e+38'],
  ['string', 'double', '"1.5"', '1.5'],
  ['datetime', 'date', '"2026-11-01"', '2026-11-01'],
  ['datetime', 'date', '"2026-11-01T23:30:00-02:00"', '2026-11-02'],
  ['datetime', 'datetime(3)', '"2026-11-01T08:00:00.9999Z"', '2026-11-01 08:00:00.999'],
  ['string', 'timestamp', '"2038-01-19T03:14:07.9Z"', '2038-01-19 03:14:07'],
  ['datetime', 'timestamp', '1000', '1970-01-01 00:00:01'],
  ['string', 'time(1)', '"23:59:59.99"', '23:59:59.9'],
  ['string', 'time(1)', '"07:30"', '07:30:00'],
  ['integer', 'year', '2026', '2026'],
])('%s into %s: %s becomes %s', (type, name, json, text) => {
  expect(convert(type, name, json)).toBe(text);
});

test.each<[MetadataType, ColumnName, string, string]>([
  ['string', 'varchar(4)', '"12345"', 'length'],
  ['string', 'varchar(4)', '{}', 'type'],
  ['string', 'varchar(4)', '"\\ud800"', 'characters'],
  ['string', 'varchar(4)', '"a\\u0000"', 'characters'],
  ['integer', 'varchar(4)', '1.5', 'type'],
  ['number', 'varchar(4)', '"1,5"', 'type'],
  ['boolean', 'varchar(4)', '"yes"', 'type'],
  ['datetime', 'tinytext', '12345678901234567890', 'type'],
  ['json', 'varchar(4)', '[1,2,3]', 'length'],
  ['string', 'tinytext', JSON.stringify('é'.repeat(128)), 'length'],
  ['string', 'varchar(9) utf8mb3', '"😀"', 'characters'],
  ['string', 'varchar(9) ascii', '"é"', 'characters'],
  ['string', 'varbinary(4)', '"ééé"', 'length'],
  ['string', 'varbinary(4)', '"\\udc00"', 'characters'],
  ['string', "enum('a','B')", '"b"', 'enumeration'],
  ['json', 'json', '"\\ud800"', 'characters'],
  ['integer', 'tinyint', '128', 'range'],
  ['integer', 'tinyint', '"abc"', 'type'],
  ['string', 'tinyint', 'true', 'type'],
  ['integer', 'int unsigned', '-1', 'range'],
  ['integer', 'bigint', '9223372036854775808', 'range'],
  ['number', 'decimal(5,2)', '999.995', 'range'],
  ['number', 'decimal(5,2)', '"1.2.3"', 'type'],
  ['integer', 'decimal(5,2)', '1.5', 'type'],
  ['number', 'decimal(5,2) unsigned', '-1', 'range'],
  ['number', 'float', '1e39', 'range'],
  ['number', 'double', '"1e400"', 'range'],
  ['number', 'double', '"Infinity"', 'type'],
  ['datetime', 'date', '"0999-12-31"', 'range'],
  ['datetime', 'datetime(3)', '"yesterday"', 'type'],
  ['datetime', 'timestamp', '0', 'range'],
  ['datetime', 'timestamp', '"2038-01-19T03:14:08Z"', 'range'],
  ['string', 'time(1)', '"24:00"', 'type'],
  ['string', 'time(1)', '5', 'type'],
  ['integer', 'year', '1900', 'range'],
  ['integer', 'year', '"MMXXVI"', 'type'],
])('%s into %s: %s is refused for its %s', (type, name, json, code) => {
  expect(convert(type, name, json)).toBe(code);
});

test.each<[MetadataType, ColumnName]>([
  ['json', 'tinyint'],
  ['datetime', 'tinyint'],
  ['boolean', 'decimal(5,2)'],
  ['json', 'double'],
  ['integer', 'datetime(3)'],
  ['json', 'date'],
  ['datetime', 'time(1)'],
  ['datetime', 'year'],
])('%s and %s do not go together', (type, name) => {
  expect(conversion(type, COLUMNS[name], utc)).toBeUndefined();
});

test('a column of an unknown type takes nothing', () => {
  expect(conversion('string', column('c', { kind: 'other', type: 'geometry' }), utc)).toBeUndefined();
});

test('no JSON value whatever throws: it is text for the column, or a refusal with a reason', () => {
  const types: MetadataType[] = ['string', 'integer', 'number', 'boolean', 'datetime', 'json'];

  fc.assert(
    fc.property(
      fc.jsonValue(),
      fc.constantFrom(...types),
      fc.constantFrom(...Object.values(COLUMNS)),
      (value, type, target) => {
        fc.pre(value !== null);
        const outcome = conversion(type, target, utc)?.(value);

        expect(
          outcome === undefined ||
            typeof outcome === 'string' ||
            (outcome instanceof Rejection && outcome.reason !== ''),
        ).toBe(true);
      },
    ),
    { numRuns: 500 },
  );
});
