import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { synthesize } from '../../bin/synthesize.ts';

const folder = mkdtempSync(join(tmpdir(), 'causeway-synth-'));
const own = join(folder, 'own.mjs');

beforeAll(() => {
  const cdk = import.meta.resolve('aws-cdk-lib');
  writeFileSync(own, `import { Stack } from '${cdk}';\nexport default (app) => { new Stack(app, 'Own'); };\n`);
  writeFileSync(join(folder, 'empty.mjs'), 'export const nothing = 1;\n');
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('the stacks of a module of one’s own are written where they are wanted', async () => {
  const directory = await synthesize(own, join(folder, 'out'));

  expect(directory).toBe(join(folder, 'out'));
  expect(readdirSync(directory)).toContain('Own.template.json');
  expect(existsSync(join(directory, 'manifest.json'))).toBe(true);
});

test('an integration that does not exist is refused with those that do', async () => {
  await expect(synthesize('garage', join(folder, 'none'))).rejects.toThrow(
    'synth: integration: received "garage"; allowed: enterprise, parking, sync, or the path of a module',
  );
});

test('a module that adds no stacks is refused', async () => {
  await expect(synthesize(join(folder, 'empty.mjs'), join(folder, 'none'))).rejects.toThrow(
    'a module whose default export is `(app: App) => void`',
  );
});

test('a module that does not compile is named with its line, in a sentence', () => {
  const module = join(folder, 'wrong.ts');
  writeFileSync(module, 'const a = 1;\nexport default a +;');
  const argv = [
    join(import.meta.dirname, '../../bin/causeway.ts'),
    'local',
    '--integration',
    module,
    '--state',
    folder,
  ];
  const { status, stderr } = spawnSync(process.execPath, argv, { encoding: 'utf8' });

  expect(status).toBe(2);
  expect(stderr).toContain(`allowed: modules that compile (${module}:2: Expression expected)`);
  expect(stderr).not.toMatch(/^ +at /m);
});
