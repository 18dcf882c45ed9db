import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { stateFile } from '../../local/state-file.ts';
import { temporaryFolder } from './template/assembly-folder.ts';

test('a document is read back, and there is the initial one before', async () => {
  const path = join(temporaryFolder(), 'deep', 'a.json');
  const file = stateFile(path, { n: 0 });

  expect(file.read()).toEqual({ n: 0 });
  await file.write({ n: 1 });
  expect(stateFile(path, { n: 0 }).read()).toEqual({ n: 1 });
});

test('of many writes the last one stays, each is on disk when its promise resolves, and nothing is left beside', async () => {
  const directory = temporaryFolder();
  const path = join(directory, 'a.json');
  const file = stateFile(path, 0);

  await Promise.all(
    Array.from({ length: 50 }, async (_, index) => {
      await file.write(index + 1);
      expect(JSON.parse(readFileSync(path, 'utf8'))).toBeGreaterThanOrEqual(index + 1);
    }),
  );

  expect(file.read()).toBe(50);
  expect(readdirSync(directory)).toEqual(['a.json']);
});

test('an unreadable document is put aside and said', () => {
  const directory = temporaryFolder();
  writeFileSync(join(directory, 'a.json'), '{"n":');

  expect(() => stateFile(join(directory, 'a.json'), 0).read()).toThrow('it was moved to');
  expect(readdirSync(directory)).toEqual(['a.json.unreadable']);
});
