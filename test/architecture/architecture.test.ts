import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { findings } from './rules.ts';

const ROOT = new URL('../../', import.meta.url).pathname;

function sourceFiles() {
  const listed = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', '*.ts'], {
    cwd: ROOT,
    encoding: 'utf8',
  });

  return listed
    .split('\n')
    .filter((path) => path !== '')
    .flatMap((path) => {
      try {
        return [{ path, text: readFileSync(ROOT + path, 'utf8') }];
      } catch {
        return []; // listed by git, deleted in the working tree
      }
    });
}

test('every file keeps to its room, its size and its name', () => {
  const files = sourceFiles();

  expect(files.length).toBeGreaterThan(20);
  expect(findings(files)).toEqual([]);
});

test.each([
  ['core/fdi/x.ts', "import { a } from '../../functions/shared/a.ts';", 'core/ may not import functions/'],
  ['core/fdi/x.ts', "import fs from 'node:fs';", 'core/ may not import node:fs'],
  ['core/fdi/x.ts', 'const a = process.env.HOME;', 'the environment in core/'],
  [
    'functions/fdi/x.ts',
    "import { RDSDataClient } from '@aws-sdk/client-rds-data';",
    'SDK clients and drivers belong in',
  ],
  ['functions/fdi/x.ts', "import { a } from '../apic/a.ts';", 'area fdi may not import area apic'],
  ['functions/fdi/x.ts', "import { a } from '../../lib/fdi/a.ts';", 'functions/ may not import lib/'],
  ['lib/fdi/x.ts', "import { Topic } from '../mqs/topic.ts';", 'area fdi may not import area mqs (only its types)'],
  ['local/x.ts', "import { a } from '../core/errors.ts';", 'local/ may not import core/'],
  ['cli/device.ts', "import { startRuntime } from '../local/index.ts';", 'cli/ may not import local/'],
  ['lib/fdi/Task.ts', '', 'is not kebab-case'],
  ['lib/fdi/utils.ts', '', 'is a drawer'],
  ['lib/fdi/x.ts', "throw new Error('no');", 'a bare Error'],
  ['lib/fdi/x.ts', `${'\n'.repeat(401)}`, 'at most 400'],
])('%s, case %#, is found', (path, text, finding) => {
  expect(findings([{ path, text }]).join('\n')).toContain(finding);
});

test.each([
  ['lib/fdi/x.ts', "import type { ITopic } from '../mqs/topic.ts';"],
  ['lib/fdi/x.ts', "import { HandlerFunction } from '../platform/handler-function.ts';"],
  ['cli/local.ts', "import { startRuntime } from '../local/index.ts';"],
  ['functions/fdi/x.ts', "import { database } from '../shared/database.ts';"],
  ['bin/causeway.ts', "import { program } from '../cli/program.ts';"],
])('%s with %j is allowed', (path, text) => {
  expect(findings([{ path, text }])).toEqual([]);
});
