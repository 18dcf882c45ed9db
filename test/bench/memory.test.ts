import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { growthOf, memoryFault, memoryTable, type Sample } from '../../bench/memory/growth.ts';
import { measureMemory } from '../../bench/memory/index.ts';

const MB = 1024 * 1024;

/** Ten samples of a process that is warm after three and grows from there by so many bytes a record, give or take the noise. */
function samples(heapGrowth: number, noise: readonly number[]): Sample[] {
  return noise.map((wobble, at) => {
    const heapBytes = Math.min(at, 3) * 2 * MB + 8 * MB + heapGrowth * at * 100_000 + wobble;

    return { records: (at + 1) * 100_000, heapBytes, residentBytes: heapBytes + 80 * MB };
  });
}

const noise = fc.array(fc.integer({ min: -100_000, max: 100_000 }), { minLength: 10, maxLength: 10 });

test('a process that holds the same after every step is flat, whatever its warm-up and its noise', () => {
  fc.assert(fc.property(noise, (wobble) => expect(memoryFault(growthOf(samples(0, wobble)))).toBeUndefined()));
});

test('a process that keeps a few bytes of every record is found', () => {
  fc.assert(
    fc.property(noise, (wobble) => expect(memoryFault(growthOf(samples(4, wobble)))).toMatch(/^the heap grows/)),
  );
  expect(memoryFault({ heapGrowth: 0, residentGrowth: 100 })).toMatch(/^the process grows by 100.0 bytes a record/);
});

test('the table has a line for every sample', () => {
  const taken = samples(
    0,
    Array.from({ length: 10 }, () => 0),
  );

  expect(memoryTable({ samples: taken, ...growthOf(taken) })).toMatch(/1,000,000 +│ +14\.0 +│ +94\.0/);
});

test('the consumer keeps nothing of the records that it has written', async () => {
  const { samples: taken, heapGrowth } = await measureMemory({ step: 10_000, steps: 8 }, () => undefined);

  expect(taken.at(-1)?.records).toBe(80_000);
  // Small enough a run for one-time things to show: a tenth of a record would be 40 bytes.
  expect(heapGrowth).toBeLessThan(12);
}, 120_000);
