import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { loadAssembly } from '../../../local/template/assembly.ts';
import { temporaryFolder, writeAssembly } from './assembly-folder.ts';

test('stacks come after those they depend on, with their assets by S3 key', () => {
  const directory = writeAssembly({
    Parking: { template: {}, dependencies: ['Platform'], assets: { 'abc.zip': { 'index.mjs': '' } } },
    Platform: { template: { Resources: {} } },
  });

  const stacks = loadAssembly(directory);

  expect(stacks.map(({ name }) => name)).toEqual(['Platform', 'Parking']);
  expect(stacks[1]?.assets.get('abc.zip')).toBe(join(directory, 'asset.abc'));
});

test('stacks that depend on one another in a circle are refused by name', () => {
  const directory = writeAssembly({
    A: { template: {}, dependencies: ['B'] },
    B: { template: {}, dependencies: ['A'] },
  });

  expect(() => loadAssembly(directory)).toThrow('the stacks depend on one another in a circle: A → B → A');
});

test('a folder that is no assembly is refused', () => {
  expect(() => loadAssembly(temporaryFolder())).toThrow('is not a synthesized CDK app');
});
