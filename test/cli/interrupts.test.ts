import { expect, test } from '@jest/globals';
import { createInterrupts } from '../../cli/interrupts.ts';

test('signals within a second are one interruption, a later one is another', () => {
  let time = 0;
  let signal: () => void = () => undefined;
  let subscribed = true;
  const onInterrupt = createInterrupts(
    (listener) => {
      signal = listener;
      return () => {
        subscribed = false;
      };
    },
    () => time,
  );
  const heard: number[] = [];
  const release = onInterrupt(() => heard.push(time));
  for (const at of [0, 5, 999, 1000, 1400, 2500]) {
    time = at;
    signal();
  }
  release();

  expect(heard).toEqual([0, 1000, 2500]);
  expect(subscribed).toBe(false);
});
