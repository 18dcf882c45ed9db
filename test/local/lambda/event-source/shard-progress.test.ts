import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { createShardProgress } from '../../../../local/lambda/event-source/shard-progress.ts';

test('the checkpoint is the last record before which nothing is open, whatever the order of finishing', () => {
  const shard = fc.integer({ min: 1, max: 30 }).chain((count) => {
    const numbers = Array.from({ length: count }, (_, index) => String(index));

    return fc.tuple(fc.constant(numbers), fc.shuffledSubarray(numbers, { minLength: count, maxLength: count }));
  });

  fc.assert(
    fc.property(shard, ([numbers, order]) => {
      const progress = createShardProgress();
      progress.add(numbers);
      const finished = new Set<string>();
      let checkpoint: string | undefined;

      for (const one of order) {
        finished.add(one);
        checkpoint = progress.finish([one]) ?? checkpoint;
        const firstOpen = numbers.findIndex((number) => !finished.has(number));
        const expected = firstOpen === -1 ? numbers.at(-1) : numbers[firstOpen - 1];
        expect(checkpoint).toBe(expected);
      }
      expect(progress.open).toBe(0);
    }),
  );
});
