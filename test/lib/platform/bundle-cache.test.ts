import { mkdtempSync, readdirSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { keptBundle } from '../../../lib/platform/bundle-cache.ts';

let folder: string;
let input: string;
let builds: number;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'causeway-cache-'));
  input = join(folder, 'input.ts');
  builds = 0;
  written('one');
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** As somebody saved it an hour ago. */
function written(text: string, secondsAgo = 3600): void {
  writeFileSync(input, text);
  const time = Date.now() / 1000 - secondsAgo;
  utimesSync(input, time, time);
}

function bundle(key = 'options', meanwhile: () => void = () => undefined): string | undefined {
  const build = () => {
    builds += 1;
    meanwhile();

    return { code: new Map([['apic/greet', `build ${builds}`]]), inputs: [input, '(disabled):nothing'] };
  };

  return keptBundle('functions', key, build, join(folder, 'cache')).get('apic/greet');
}

test('what was built once is read by the next process', () => {
  expect([bundle(), bundle()]).toEqual(['build 1', 'build 1']);
});

test.each<[string, () => void]>([
  ['a file is longer', () => written('longer')],
  ['a file is as long as it was, and newer', () => written('two', 10)],
  ['a file is as long as it was, and older', () => written('two', 7200)],
  ['a file is gone', () => rmSync(input)],
  [
    'the cache is no JSON',
    () => writeFileSync(join(folder, 'cache', readdirSync(join(folder, 'cache'))[0] ?? ''), '{'),
  ],
])('it is built again when %s', (_what, change) => {
  bundle();
  change();

  expect(bundle()).toBe('build 2');
});

test('it is built again with other options', () => {
  bundle();

  expect(bundle('others')).toBe('build 2');
});

test('a file that is changed while it is bundled is bundled again', () => {
  bundle('options', () => written('new', -1));

  expect(bundle()).toBe('build 2');
});

test('without a place to keep it, it is built each time', () => {
  writeFileSync(join(folder, 'cache'), 'a file where the folder should be');

  expect([bundle(), bundle()]).toEqual(['build 1', 'build 2']);
  expect(statSync(join(folder, 'cache')).isFile()).toBe(true);
});
