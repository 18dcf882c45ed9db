import { expect, jest, test } from '@jest/globals';
import fc from 'fast-check';
import type { StreamRecord } from '../../../../local/engines.ts';
import { createLane, laneOf } from '../../../../local/lambda/event-source/lane.ts';
import { records } from './records.ts';

/** A lane whose batches a test can wait for. */
function lane(batchSize: number, batchingWindow: number) {
  const abort = new AbortController();
  const batches: number[] = [];
  const made = createLane({
    batchSize,
    batchingWindow,
    fit: (waiting) => Math.min(batchSize, waiting.length),
    async deliver(batch: readonly StreamRecord[]) {
      batches.push(batch.length);
    },
    signal: abort.signal,
  });

  return {
    batches,
    push: made.push,
    async stop() {
      abort.abort();
      await made.ended;
    },
  };
}

test('without a window everything that waits goes out at once, in batches', async () => {
  const one = lane(10, 0);
  one.push(records(25));
  await new Promise(setImmediate);
  await one.stop();

  expect(one.batches).toEqual([10, 10, 5]);
});

test('with a window only full batches go out before it closes', async () => {
  jest.useFakeTimers();
  try {
    const one = lane(10, 5000);
    one.push(records(13));
    await jest.advanceTimersByTimeAsync(4000);
    expect(one.batches).toEqual([10]);
    await jest.advanceTimersByTimeAsync(1001);
    expect(one.batches).toEqual([10, 3]);
    await one.stop();
  } finally {
    jest.useRealTimers();
  }
});

test('a stopped lane ends without sending what waits', async () => {
  const one = lane(10, 60_000);
  one.push(records(3));
  await one.stop();

  expect(one.batches).toEqual([]);
});

test('a partition key always has the same lane', () => {
  fc.assert(
    fc.property(fc.string(), fc.integer({ min: 1, max: 10 }), (key, lanes) => {
      const chosen = laneOf(key, lanes);

      expect(chosen).toBe(laneOf(key, lanes));
      expect(chosen >= 0 && chosen < lanes).toBe(true);
    }),
  );
});

test('keys spread over the lanes', () => {
  const used = new Set(Array.from({ length: 100 }, (_, index) => laneOf(`device-${index}`, 10)));

  expect(used.size).toBe(10);
});
