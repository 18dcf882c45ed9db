import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { readDefinitions } from '../../../functions/shared/definitions.ts';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'causeway-definitions-'));
  process.env['LAMBDA_TASK_ROOT'] = folder;
});

afterEach(() => {
  rmSync(folder, { recursive: true });
  delete process.env['LAMBDA_TASK_ROOT'];
});

test('the definitions are the JSON file beside the code', () => {
  writeFileSync(join(folder, 'definitions.json'), '{"group":"Parking"}');

  expect(readDefinitions<{ group: string }>()).toEqual({ group: 'Parking' });
});

test('a file that is missing or broken is refused by name', () => {
  expect(() => readDefinitions()).toThrow(join(folder, 'definitions.json'));
  writeFileSync(join(folder, 'definitions.json'), '{');
  expect(() => readDefinitions()).toThrow(join(folder, 'definitions.json'));
});
