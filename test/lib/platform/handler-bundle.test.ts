import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { handlerBundle, handlerCode } from '../../../lib/platform/handler-bundle.ts';

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'causeway-functions-'));
  for (const area of ['apic', 'link', 'shared']) {
    mkdirSync(join(folder, area));
  }
  writeFileSync(join(folder, 'shared/greeting.ts'), "export const greeting: string = 'hello from shared';");
  writeFileSync(
    join(folder, 'apic/greet.ts'),
    "import { greeting } from '../shared/greeting.ts';\nexport const handler = async () => greeting;",
  );
  writeFileSync(
    join(folder, 'link/path.ts'),
    "import { join } from 'node:path';\nexport const handler = async () => join('a', 'b');",
  );
  writeFileSync(join(folder, 'link/notes.txt'), 'no handler');
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('every handler of every area is bundled, what they share goes into each', () => {
  const bundle = handlerBundle(folder);

  expect([...bundle.keys()]).toEqual(['apic/greet', 'link/path']);
  expect(bundle.get('apic/greet')).toContain('hello from shared');
  expect(bundle.get('link/path')).not.toContain('hello from shared');
});

test('a bundle is a module that exports its handler and has `require` for wrapped CommonJS', async () => {
  const file = join(folder, 'greet.mjs');
  writeFileSync(file, handlerCode('apic/greet', folder));

  const module: { handler: () => Promise<string> } = await import(file);

  expect(await module.handler()).toBe('hello from shared');
  expect(handlerCode('apic/greet', folder)).toMatch(/^import\{createRequire\}/);
});

test('the bundle is made once in a process', () => {
  expect(handlerBundle(folder)).toBe(handlerBundle(folder));
});

test('a handler that does not exist is refused with those that do', () => {
  expect(() => handlerCode('apic/great', folder)).toThrow(
    'HandlerFunction: entry: received "apic/great"; allowed: apic/greet, link/path',
  );
});

test('a folder without handlers has an empty bundle', () => {
  expect(handlerBundle(join(folder, 'nowhere')).size).toBe(0);
});
