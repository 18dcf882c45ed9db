import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';

const ROOT = join(import.meta.dirname, '../..');

test.each(['From an HTTP API', 'From files'])('the example of "%s" is what the acceptance test runs', (title) => {
  const [, section = ''] = readFileSync(join(ROOT, 'docs/scheduled-tasks.md'), 'utf8').split(`\n## ${title}\n`);
  const [, example = ''] = /```ts\n([\s\S]*?)```/.exec(section) ?? [];
  const run = readFileSync(join(ROOT, 'test/acceptance/pulled/index.ts'), 'utf8');
  const words = (text: string) => text.split(/\s+/).join(' ').trim();

  expect(example).not.toBe('');
  expect(words(run)).toContain(words(example));
});
