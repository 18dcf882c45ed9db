import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { LoginGate } from '../../../local/mqtt/login-gate.ts';

const always = () => true;

test('never more than its width pass at a time, all pass, in the order they came', async () => {
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: 5 }), fc.scheduler(), async (width, scheduler) => {
      const gate = new LoginGate(width);
      const begun: number[] = [];
      let inside = 0;
      let most = 0;
      const work = async (i: number) => {
        begun.push(i);
        inside += 1;
        most = Math.max(most, inside);
        await scheduler.schedule(Promise.resolve());
        inside -= 1;

        return i;
      };
      const passed = Promise.all(Array.from({ length: 12 }, (_, i) => gate.pass(() => work(i), always)));

      await scheduler.waitFor(passed);

      expect(await passed).toEqual(begun);
      expect(begun).toEqual(begun.toSorted((a, b) => a - b));
      expect(most).toBe(width);
    }),
  );
});

test('who has left by its turn is not let in, and keeps nobody out', async () => {
  const gate = new LoginGate(1);
  const first = Promise.withResolvers<string>();
  let wanted = true;
  const inside = gate.pass(() => first.promise, always);
  const left = gate.pass(
    () => Promise.reject(new RangeError('nobody wants this')),
    () => wanted,
  );
  const last = gate.pass(async () => 'last', always);

  wanted = false;
  first.resolve('first');

  expect(await Promise.all([inside, left, last])).toEqual(['first', undefined, 'last']);
});

test('work that fails gives its place up', async () => {
  const gate = new LoginGate(1);

  await expect(gate.pass(() => Promise.reject(new RangeError('failed')), always)).rejects.toThrow('failed');
  expect(await gate.pass(async () => 'next', always)).toBe('next');
});
