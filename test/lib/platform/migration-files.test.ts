import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { migrationsOf } from '../../../lib/platform/migration-files.ts';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'causeway-sql-'));
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

function write(name: string, sql = 'CREATE TABLE t (a INT);'): void {
  writeFileSync(join(folder, name), sql);
}

test('migrations come in the order of their numbers', () => {
  write('010-more.sql');
  write('002-zones.sql');
  write('notes.md');

  expect(migrationsOf(folder).migrations.map(({ name }) => name)).toEqual(['002-zones', '010-more']);
});

test('the hash changes with a file and with a new one, and with nothing else', () => {
  write('001-tables.sql');
  const before = migrationsOf(folder).hash;
  write('notes.md');
  const unchanged = migrationsOf(folder).hash;
  write('002-zones.sql');
  const more = migrationsOf(folder).hash;
  write('002-zones.sql', 'CREATE TABLE u (a INT);');

  expect(unchanged).toBe(before);
  expect(new Set([before, more, migrationsOf(folder).hash]).size).toBe(3);
});

test.each([
  ['001-Tables.sql', 'three digits'],
  ['tables.sql', 'three digits'],
])('%s is refused: %s', (name, allowed) => {
  write(name);

  expect(() => migrationsOf(folder, 'Lot/Tables')).toThrow(allowed);
  expect(() => migrationsOf(folder, 'Lot/Tables')).toThrow('Lot/Tables: migration: received');
});

test('two files with one number are refused', () => {
  write('001-tables.sql');
  write('001-zones.sql');

  expect(() => migrationsOf(folder)).toThrow('a number of its own');
});

test('a folder without migrations is refused, also one that does not exist', () => {
  expect(() => migrationsOf(folder)).toThrow('a folder with files like 001-tables.sql');
  expect(() => migrationsOf(join(folder, 'none'))).toThrow('a folder with files like 001-tables.sql');
});

test('SQL that never ends a literal is refused before anything is deployed', () => {
  write('001-tables.sql', "INSERT INTO t VALUES ('open);");

  expect(() => migrationsOf(folder)).toThrow(/open|literal|quote/i);
});
