import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { createAliases } from '../../../local/lambda/aliases.ts';

const FUNCTION = { name: 'Consumer', arn: 'arn:aws:lambda:us-east-1:000000000000:function:Consumer' };

test('an alias outlives the runtime, is there once, and goes with its function', async () => {
  const state = mkdtempSync(join(tmpdir(), 'causeway-aliases-'));
  const aliases = createAliases(state);
  await aliases.add(FUNCTION, 'epoch-2');
  await aliases.add({ name: 'Other', arn: 'arn' }, 'epoch-2');

  await expect(aliases.add(FUNCTION, 'epoch-2')).rejects.toMatchObject({ code: 'ResourceConflictException' });
  const after = createAliases(state);
  expect([after.has('Consumer', 'epoch-2'), after.has('Consumer', 'epoch-3')]).toEqual([true, false]);
  await after.removeAll('Consumer');
  expect(['Consumer', 'Other'].map((name) => createAliases(state).has(name, 'epoch-2'))).toEqual([false, true]);
});
