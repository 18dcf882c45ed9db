import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from '@jest/globals';

const ROOT = new URL('../../', import.meta.url);
const folder = mkdtempSync(join(tmpdir(), 'causeway-app-'));

afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** `cdk synth` of a module, as the CDK's CLI runs the app. */
function synth(name: string, lines: string) {
  const module = join(folder, `${name}.mjs`);
  const outdir = join(folder, name);
  writeFileSync(module, `import { Environment } from '${new URL('lib/platform/environment.ts', ROOT)}';\n${lines}\n`);
  const environment = { CDK_OUTDIR: outdir, CDK_CONTEXT_JSON: JSON.stringify({ integration: module }) };
  const { status, stderr } = spawnSync(process.execPath, ['bin/app.ts'], {
    cwd: ROOT,
    encoding: 'utf8',
    env: { ...process.env, ...environment },
  });

  return { status, stderr, written: existsSync(join(outdir, 'manifest.json')) };
}

test('a wrong setting is one sentence, nothing is written, and the exit code is 1', () => {
  const { status, stderr, written } = synth('wrong', 'export default () => Environment.of({ callsPerAddress: 1 });');

  expect(stderr).toMatch(/^Environment: callsPerAddress: received 1; allowed: [^\n]+\n$/);
  expect([status, written]).toEqual([1, false]);
});

test('of an error that nobody expects the stack is shown', () => {
  const { status, stderr } = synth('broken', 'export default () => Environment.nowhere.of();');

  expect(stderr).toMatch(/broken\.mjs:2\n[\s\S]*^TypeError:[\s\S]*^ +at /m);
  expect(status).toBe(1);
});
