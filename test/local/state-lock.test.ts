import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { emptyState } from '../../local/fresh-state.ts';
import { lockState } from '../../local/state-lock.ts';
import { temporaryFolder } from './template/assembly-folder.ts';

const lockFile = (state: string) => join(state, 'runtime.lock');

test('a state folder in use refuses a second runtime, until it is released', () => {
  const state = temporaryFolder();
  const lock = lockState(state);

  expect(() => lockState(state)).toThrow(`${state} is in use by another runtime (process ${process.pid})`);
  lock.release();
  lockState(state).release();
  expect(existsSync(lockFile(state))).toBe(false);
});

test.each([
  ['a process that is gone', JSON.stringify({ pid: 2 ** 22 + 1, started: '1' })],
  ['a process id that another process has by now', JSON.stringify({ pid: process.pid, started: '1' })],
  ['a file that is torn', '{"pid":'],
])('the lock of %s is taken over', (_, text) => {
  const state = temporaryFolder();
  writeFileSync(lockFile(state), text);

  lockState(state);

  expect(JSON.parse(readFileSync(lockFile(state), 'utf8'))).toMatchObject({ pid: process.pid });
});

test('only what a runtime made is emptied', () => {
  const state = temporaryFolder();
  writeFileSync(join(state, 'thesis.txt'), 'years of work');

  expect(() => emptyState(state)).toThrow('was not made by a local runtime: nothing is deleted there');
  writeFileSync(join(state, 'resources.json'), '{}');
  emptyState(state);
  expect([existsSync(join(state, 'thesis.txt')), existsSync(join(state, 'resources.json'))]).toEqual([false, false]);
});
