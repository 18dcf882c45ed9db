import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { moduleCode } from '../../../lib/platform/module-bundle.ts';

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'causeway-module-'));
  mkdirSync(join(folder, 'shared'));
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

function module(text: string): string {
  const file = join(mkdtempSync(join(folder, 'case-')), 'orders.ts');
  writeFileSync(file, text);

  return file;
}

test('a module goes into one bundle with the entry that runs it, and a map tells its lines', () => {
  writeFileSync(join(folder, 'shared/greeting.ts'), "export const greeting: string = 'hello from beside';");
  const file = module("import { greeting } from '../shared/greeting.ts';\nexport default async () => greeting;\n");

  const { code, map } = moduleCode('apic/run-function', file);

  expect(code).toContain('hello from beside');
  expect(code).toMatch(/export\{\w+ as handler\}/);
  const { sources, sourcesContent } = JSON.parse(map) as { sources: string[]; sourcesContent?: unknown };
  expect(sources).toContain('functions/apic/run-function.ts');
  expect(sources.filter((source) => source.endsWith('/orders.ts'))).toHaveLength(1);
  expect(sourcesContent).toBeUndefined();
  expect(moduleCode('apic/run-function', file).code).toBe(code);
});

test.each([
  ['without a default export', 'export const run = 1;', 'default'],
  ['that does not compile', 'export default (', 'Unexpected end of file'],
  ['that imports what is not there', "import './nowhere.ts';\nexport default 1;", './nowhere.ts'],
])('a module %s is refused', (_name, text, message) => {
  expect(() => moduleCode('apic/run-function', module(text))).toThrow(message);
});

test('a module that is not there is refused', () => {
  expect(() => moduleCode('apic/run-function', join(folder, 'nowhere.ts'))).toThrow('the path of a module');
});
