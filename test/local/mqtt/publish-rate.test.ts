import { expect, test } from '@jest/globals';
import { PublishRate } from '../../../local/mqtt/publish-rate.ts';

test('a hundred publishes a second are accepted, and the first beyond is told apart', () => {
  let now = 1_700_000_000_000;
  const rate = new PublishRate(100, () => now);
  const second = () => Array.from({ length: 103 }, () => rate.take());

  const first = second();
  now += 1000;
  const next = second();

  expect(first.slice(0, 100)).toEqual(Array(100).fill('accepted'));
  expect(first.slice(100)).toEqual(['first', 'discarded', 'discarded']);
  expect(next).toEqual(first);
  expect(rate.discarded).toBe(6);
});
