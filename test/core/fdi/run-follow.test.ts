import { expect, test } from '@jest/globals';
import { type Following, follow, watched } from '../../../core/fdi/run-follow.ts';
import type { Checkpoint, SourcePage, SourceReader } from '../../../core/fdi/run-ports.ts';

/** A clock that only pauses and runs move. */
function followed(changes: Partial<Following> & { readonly runMs?: number } = {}) {
  const { runMs = 0, ...rest } = changes;
  let at = 1_000_000;
  const looks: number[] = [];
  const runs: number[] = [];
  const done = follow({
    everyMs: 5000,
    forMs: 60_000,
    isStopped: async () => false,
    hasNews: async () => {
      looks.push(at - 1_000_000);

      return true;
    },
    run: async () => {
      runs.push(at - 1_000_000);
      at += runMs;

      return true;
    },
    pause: async (ms) => {
      at += ms;
    },
    now: () => at,
    ...rest,
  });

  return { done, looks, runs, at: () => at - 1_000_000 };
}

test('it looks at once and every so many seconds, and leaves the next minute to the next call', async () => {
  const { done, looks, at } = followed();
  await done;

  expect(looks).toEqual([0, 5, 10, 15, 20, 25, 30, 35, 40, 45, 50, 55].map((second) => second * 1000));
  expect(at()).toBeLessThan(60_000);
});

test('what was due while a run went on is left out, and the beat stays', async () => {
  const { done, looks } = followed({ everyMs: 20_000, runMs: 23_000 });
  await done;

  expect(looks).toEqual([0, 40_000]);
});

test('where there is nothing new, nothing runs', async () => {
  const { done, runs } = followed({ hasNews: async () => false });
  await done;

  expect(runs).toEqual([]);
});

test('a stop is seen within five seconds, however rarely it looks', async () => {
  let asked = 0;
  const { done, looks, at } = followed({ everyMs: 59_000, isStopped: async () => ++asked > 3 });
  await done;

  expect({ looks, at: at() }).toEqual({ looks: [0], at: 15_000 });
});

test('a run that another call goes on with ends it', async () => {
  const { done, looks } = followed({ run: async () => false });
  await done;

  expect(looks).toEqual([0]);
});

/** A source whose mark is its greatest number; a closed boundary reads that one again. */
function source(pageSize = 10) {
  const rows: { id: number; name: string }[] = [];
  const reads: number[] = [];
  const reader: SourceReader = {
    fields: async () => [],
    isOwn: async () => true,
    begin: async (mark) => ({ from: mark ?? 0, upper: Math.max(0, ...rows.map(({ id }) => id)) }) as Checkpoint,
    async read(after): Promise<SourcePage> {
      const { from, upper } = after as { from: number; upper: number };
      const found = rows.filter(({ id }) => id >= from && id <= upper);
      const page = found.slice(0, pageSize);
      reads.push(page.length);

      return {
        records: page.map((value) => ({ value, position: '' })),
        after: () => ({ from: (page.at(-1)?.id ?? from) + 1, upper }),
        isLast: page.length === found.length,
        bytes: 0,
        isRepeated: true,
      };
    },
    markOf: (end) => (end as { upper: number }).upper,
    faultOf: () => ({ kind: 'lasting', message: '' }),
    close: async () => undefined,
  };
  const own = watched(reader);
  let mark: Checkpoint = null;

  return {
    rows,
    reads,
    isAsBefore: () => own.isAsBefore(1000),
    /** As the loop of a run does it. */
    async run() {
      let place = await own.begin(mark);
      for (;;) {
        const page = await own.read(place, 1000);
        place = page.after(page.records.length);
        if (page.isLast) {
          mark = own.markOf(place);
          return;
        }
      }
    },
  };
}

test('a source is as before when what is read again is, to the letter', async () => {
  const { rows, run, isAsBefore } = source();
  rows.push({ id: 1, name: 'one' });
  expect(await isAsBefore()).toBe(false);
  await run();
  // It moved its mark: what the next one reads is not known yet.
  expect(await isAsBefore()).toBe(false);
  await run();
  expect(await isAsBefore()).toBe(true);

  rows[0] = { id: 1, name: 'ONE' };
  expect(await isAsBefore()).toBe(false);
  await run();
  expect(await isAsBefore()).toBe(true);
  rows.push({ id: 1, name: 'another of the same moment' });
  expect(await isAsBefore()).toBe(false);
});

test('what is more than a page is not compared: each look is a run', async () => {
  const { rows, run, isAsBefore, reads } = source(2);
  rows.push(...['a', 'b', 'c'].map((name) => ({ id: 7, name })));
  await run();
  await run();
  const before = reads.length;

  expect(await isAsBefore()).toBe(false);
  expect(reads.length).toBe(before);
});
