import { expect, test } from '@jest/globals';
import { columnsFrom, uniqueKeysFrom } from '../../../core/fdi/column.ts';

const row = (changes: Record<string, unknown>) => ({
  name: 'c',
  type: 'varchar',
  fullType: 'varchar(64)',
  nullable: 'NO',
  defaultValue: null,
  length: 64,
  digits: null,
  scale: null,
  fractionDigits: null,
  charset: 'utf8mb4',
  collation: 'utf8mb4_bin',
  extra: '',
  ...changes,
});
const columnFrom = (changes: Record<string, unknown>) => columnsFrom([row(changes)])[0];

test.each([
  ['varchar', 'text'],
  ['longtext', 'text'],
  ['varbinary', 'binary'],
  ['bigint', 'integer'],
  ['decimal', 'decimal'],
  ['double', 'float'],
  ['timestamp', 'datetime'],
  ['DATE', 'date'],
  ['json', 'json'],
  ['geometry', 'other'],
  ['set', 'other'],
])('%s is of kind %s', (type, kind) => {
  expect(columnFrom({ type })).toMatchObject({ kind, type: type.toLowerCase() });
});

test('lengths, digits and signs are taken over', () => {
  expect(
    columnFrom({ type: 'decimal', fullType: 'decimal(10,2) unsigned', length: null, digits: 10, scale: 2 }),
  ).toMatchObject({
    precision: 10,
    scale: 2,
    unsigned: true,
    length: 0,
  });
  expect(columnFrom({ type: 'datetime', fractionDigits: 3 })).toMatchObject({ fractionDigits: 3 });
  expect(columnFrom({ collation: 'utf8mb4_unicode_ci' })).toMatchObject({ caseInsensitive: true });
});

test.each([
  ['a nullable column', { nullable: 'YES' }, true],
  ['a column with a default', { defaultValue: "'x'" }, true],
  ['an empty text as default', { defaultValue: '' }, true],
  ['a counter', { extra: 'auto_increment' }, true],
  ['a computed column', { extra: 'STORED GENERATED' }, true],
  ['any other', {}, false],
])('%s may be left out: %s', (_, changes, optional) => {
  expect(columnFrom(changes)?.optional).toBe(optional);
});

test('the values of an ENUM are read with their quotes', () => {
  expect(columnFrom({ type: 'enum', fullType: "enum('a','it''s','x,y','')" })?.members).toEqual([
    'a',
    "it's",
    'x,y',
    '',
  ]);
});

test('unique keys are the columns of each index', () => {
  const index = (name: string, columnName: string) => ({ name, columnName });

  expect(uniqueKeysFrom([index('PRIMARY', 'Id'), index('u', 'A'), index('u', 'B')])).toEqual([['Id'], ['A', 'B']]);
});
