import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { createLogs } from '../../local/log.ts';
import { temporaryFolder } from './template/assembly-folder.ts';

test('a log has JSON lines with level, message, time and fields, and text as it came', () => {
  const state = temporaryFolder();
  const logs = createLogs(state);
  logs('aws').warn('refused', { status: 400 });
  logs('aws').line('a function said this');
  logs.close();

  const [first = '', second] = readFileSync(join(state, 'logs', 'aws.log'), 'utf8').split('\n');
  expect(JSON.parse(first)).toEqual({ level: 'WARN', message: 'refused', time: expect.any(String), status: 400 });
  expect(second).toBe('a function said this');
});

test('a log that has grown makes room and keeps the part before', () => {
  const state = temporaryFolder();
  for (let start = 0; start < 3; start += 1) {
    const logs = createLogs(state, 100);
    for (let line = 0; line < 10; line += 1) logs('aws').line(`start ${start} line ${line}`);
    logs.close();
  }

  const directory = join(state, 'logs');
  const text = ['aws.log.1', 'aws.log'].map((file) => readFileSync(join(directory, file), 'utf8'));
  expect(readdirSync(directory).sort()).toEqual(['aws.log', 'aws.log.1']);
  expect(text.map((one) => one.length <= 100)).toEqual([true, true]);
  expect(text.join('')).toMatch(/line 8\nstart 2 line 9\n$/);
});

test('after closing nothing is written', () => {
  const state = temporaryFolder();
  const logs = createLogs(state);
  logs.close();
  logs('aws').info('late');

  expect(readdirSync(join(state, 'logs'))).toEqual([]);
});
