import { expect, test } from '@jest/globals';
import { openLanes } from '../../../core/fdi/open-lanes.ts';
import type { TaskEntry } from '../../../core/fdi/task-entry.ts';
import { engineError } from './ledger.ts';

const task = (parallelization: number) =>
  ({ name: 'History', settings: { streamArn: 'stream', parallelization } }) as unknown as TaskEntry;

/** Opens a shard of a database that fails so often; answers how often it was asked to. */
async function opened(failures: number, error: Error, lanes = 10): Promise<number> {
  let asked = 0;
  const execute = async (sql: string) => {
    if (sql.startsWith('INSERT')) {
      asked += 1;
      if (asked <= failures) throw error;
    }

    return { updated: 0, rows: [] };
  };
  await openLanes({ database: { execute }, topics: { shards: async () => ['shard'] } }, task(lanes));

  return asked;
}

test.each([
  ['a position that a batch holds', 'Lock wait timeout exceeded', 1205],
  ['a deadlock', 'Deadlock found when trying to get lock', 1213],
])('%s is waited for, some times', async (_, text, errno) => {
  expect(await opened(3, engineError(text, errno))).toBe(4);
  await expect(opened(99, engineError(text, errno))).rejects.toThrow(text);
});

test('what is no lock is said at once; a task with one lane asks nothing', async () => {
  await expect(opened(1, engineError('denied', 1142))).rejects.toThrow('denied');
  expect(await opened(99, engineError('denied', 1142), 1)).toBe(0);
});
