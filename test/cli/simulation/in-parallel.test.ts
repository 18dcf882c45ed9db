import { expect, test } from '@jest/globals';
import { inParallel } from '../../../cli/simulation/in-parallel.ts';

test('answers keep the order of the items, and no more than the limit run at once', async () => {
  let running = 0;
  let most = 0;
  const answers = await inParallel([5, 1, 4, 2, 3], 2, async (item) => {
    running += 1;
    most = Math.max(most, running);
    for (let turn = 0; turn < item; turn++) await Promise.resolve();
    running -= 1;

    return item * 10;
  });

  expect(answers).toEqual([50, 10, 40, 20, 30]);
  expect(most).toBe(2);
});

test('after a failure no further item is begun', async () => {
  const begun: number[] = [];
  const work = inParallel([1, 2, 3, 4], 1, async (item) => {
    begun.push(item);
    if (item === 2) throw new TypeError('two');
  });

  await expect(work).rejects.toThrow('two');
  expect(begun).toEqual([1, 2]);
});

test('a failure is thrown when all that was under way has ended', async () => {
  const ended: number[] = [];
  const work = inParallel([1, 2, 3, 4], 2, async (item) => {
    if (item === 1) {
      throw new TypeError('no');
    }
    await new Promise((resolve) => setImmediate(resolve));
    ended.push(item);
  });

  await expect(work).rejects.toThrow('no');
  expect(ended).toEqual([2]);
});
