import { expect, test } from '@jest/globals';
import { pace } from '../../../cli/devices/pace.ts';

test('no more are begun in a second than allowed, however many wait at once', async () => {
  let now = 0;
  const pauses: number[] = [];
  const wait = pace(
    50,
    async (ms) => void pauses.push(ms),
    () => now,
  );

  await Promise.all([wait(25), wait(25), wait(25), wait(10)]);
  expect(pauses).toEqual([500, 1000, 1500]);

  now = 10_000;
  await wait(25);
  expect(pauses).toHaveLength(3);
});
