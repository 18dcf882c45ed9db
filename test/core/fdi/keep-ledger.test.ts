import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { keepLedger, type LedgerEntry } from '../../../core/fdi/keep-ledger.ts';
import { MINUTE_MS } from '../../../core/fdi/ledger.ts';
import { RestingTasks } from '../../../core/fdi/resting-tasks.ts';
import { LedgerWorld } from './ledger-world.ts';

/** Seventeen seconds past a minute. */
const START = Date.parse('2026-11-24T08:00:17Z');
const LATE_MS = 9 * MINUTE_MS;

interface Minute {
  /** What arrives in it: a shard, the second, how late CloudWatch is. */
  readonly arrivals: readonly { shard: number; second: number; late: number }[];
  /** The seconds at which the task handles what waits, and how much of each shard at most. */
  readonly batches: readonly { second: number; most: number }[];
  readonly reshard: boolean;
  /** The second at which the ledger is kept; nothing when its schedule missed the minute. */
  readonly kept: number | undefined;
}

const second = fc.integer({ min: 0, max: 59 });
const arrival = fc.record({ shard: fc.nat({ max: 3 }), second, late: fc.integer({ min: 0, max: LATE_MS }) });
const arrivals = fc.array(arrival, { maxLength: 6 });
const minute: fc.Arbitrary<Minute> = fc.record({
  arrivals,
  batches: fc.array(fc.record({ second, most: fc.integer({ min: 1, max: 4 }) }), { maxLength: 3 }),
  reshard: fc.boolean().map((wish) => wish && true),
  kept: fc.option(fc.integer({ min: 3, max: 59 }), { nil: undefined }),
});
const busyMinute = arrivals.map(
  (some): Minute => ({
    arrivals: some,
    batches: [{ second: 29, most: 1000 }],
    reshard: false,
    kept: 30,
  }),
);
const start = fc.constantFrom('oldest' as const, new Date(START));

function worldOf(startAt: 'oldest' | Date): LedgerWorld {
  const world = new LedgerWorld(START, startAt);
  if (startAt !== 'oldest') {
    // What came before is none of the task's.
    world.clock -= 5000;
    world.arrive(0);
    world.arrive(1);
  }
  world.clock = START;

  return world;
}

/** Lives through a minute; answers what the ledger said. */
async function live(world: LedgerWorld, { arrivals: some, batches, reshard, kept }: Minute) {
  const begin = Math.floor(world.clock / MINUTE_MS) * MINUTE_MS + MINUTE_MS;
  const at = (seconds: number, act: () => void) => ({ time: begin + seconds * 1000, act });
  const events = [
    ...some.map(({ shard, second: when, late }) => at(when, () => world.arrive(shard, late))),
    ...batches.map(({ second: when, most }) => at(when, () => world.consume(most))),
    ...(reshard ? [at(31, () => world.reshard())] : []),
  ].sort((a, b) => a.time - b.time);
  const keeping = begin + (kept ?? 59) * 1000;
  const happen = (due: typeof events) => {
    for (const { time, act } of due) {
      world.clock = time;
      act();
    }
  };
  happen(events.filter(({ time }) => time <= keeping));
  world.clock = keeping;
  const entry = kept === undefined ? undefined : await world.keep();
  happen(events.filter(({ time }) => time > keeping));
  world.clock = begin + 59_999;

  return entry;
}

const quiet: Minute = { arrivals: [], batches: [{ second: 29, most: 1000 }], reshard: false, kept: 30 };

test('whatever arrives, whenever it is written, however late the metrics are: nothing is called lost or doubled', async () => {
  await fc.assert(
    fc.asyncProperty(start, fc.array(minute, { minLength: 5, maxLength: 25 }), async (startAt, minutes) => {
      const world = worldOf(startAt);
      for (const one of [...minutes, ...Array<Minute>(14).fill(quiet)]) {
        const entry = await live(world, one);
        expect([entry?.report?.lost ?? 0, entry?.report?.doubled ?? 0]).toEqual([0, 0]);
      }
      const { report } = await world.keep();
      const arrived = minutes.reduce((sum, { arrivals: some }) => sum + some.length, 0);

      expect(report).toMatchObject({ accepted: arrived, inFlight: 0, addsUp: true });
      expect((report?.written ?? 0) + (report?.quarantined ?? 0)).toBe(arrived);
    }),
    { numRuns: 60 },
  );
});

const faults = fc.constantFrom('lost' as const, 'doubled' as const);

test('what is lost or doubled is told to the message, while others keep arriving', async () => {
  const history = fc.array(busyMinute, { minLength: 1, maxLength: 6 });
  const after = fc.array(busyMinute, { minLength: 14, maxLength: 16 });
  await fc.assert(
    fc.asyncProperty(
      start,
      history,
      after,
      faults,
      fc.integer({ min: 1, max: 3 }),
      async (startAt, before, rest, fault, most) => {
        const world = worldOf(startAt);
        for (const one of before) await live(world, one);
        for (let count = 0; count < most; count += 1) world.arrive(count);
        const harmed = fault === 'lost' ? world.lose(most) : world.double(most);
        let entry: Awaited<ReturnType<typeof live>>;
        for (const one of rest) entry = await live(world, one);

        expect(entry?.report?.[fault]).toBe(harmed);
        expect(entry?.report?.addsUp).toBe(false);
      },
    ),
    { numRuns: 60 },
  );
});

async function run(world: LedgerWorld, minutes: readonly Partial<Minute>[]) {
  let entry: Awaited<ReturnType<typeof live>>;
  for (const one of minutes) entry = await live(world, { ...quiet, ...one });

  return entry;
}

const idle = (count: number, more: Partial<Minute> = {}) => Array<Partial<Minute>>(count).fill(more);
const some = (count: number) => Array.from({ length: count }, (_, at) => ({ shard: at, second: at % 25, late: 0 }));

test('what waits is in flight, and that is no difference, also while the task is stopped', async () => {
  const world = worldOf('oldest');
  const entry = await run(world, [
    { arrivals: some(5) },
    { arrivals: some(7), batches: [] },
    ...idle(12, { batches: [] }),
  ]);

  expect(entry?.report).toMatchObject({ accepted: 12, inFlight: 7, lost: 0, doubled: 0 });
});

test('what waits longer than the topic keeps it is lost, and that is said while the task is still stopped', async () => {
  const world = worldOf('oldest');
  await run(world, [{ arrivals: some(5) }, ...idle(5), { arrivals: some(7), batches: [] }]);
  world.clock += 25 * 60 * MINUTE_MS;
  const { report } = await world.keep();

  expect(report).toMatchObject({ accepted: 12, lost: 7, inFlight: 0, addsUp: false });
});

test('a task that may write twice is not blamed for it', async () => {
  const world = worldOf('oldest');
  world.task = { ...world.task, delivery: 'at-least-once' };
  await run(world, [{ arrivals: some(3) }, ...idle(5)]);
  for (let count = 0; count < 4; count += 1) world.arrive(count);
  world.double(4);

  expect((await run(world, idle(14)))?.report).toMatchObject({ doubled: 0, lost: 0, addsUp: true });
});

test('a started task is dead when its mapping is disabled or gone, or when it does nothing for ten minutes', async () => {
  const world = worldOf('oldest');
  const busy = await run(world, [{ arrivals: some(3) }, ...idle(12)]);
  const stuck = await run(world, [{ arrivals: some(3), batches: [] }, ...idle(11, { batches: [] })]);
  world.source = { ...(world.source as NonNullable<typeof world.source>), enabled: false };
  const disabled = await run(world, [{}]);
  world.task = { ...world.task, wanted: 'stopped' };
  const stopped = await run(world, [{}]);
  world.task = { ...world.task, wanted: 'started' };
  world.source = undefined;
  const gone = await run(world, [{}]);

  expect([busy, stuck, disabled, stopped, gone].map((entry) => entry?.dead)).toEqual([
    undefined,
    'it has written nothing for 11 minutes',
    'its event source mapping is disabled, and nobody stopped the task',
    undefined,
    'its event source mapping is gone',
  ]);
});

test('a topic older than it keeps messages is counted from what it had; what retention took meanwhile is no difference', async () => {
  const world = new LedgerWorld(START);
  world.createdAt = START - 100 * 60 * MINUTE_MS;
  const horizon = START - world.retentionMs;
  for (let seconds = -30; seconds < 200; seconds += 5) {
    world.clock = horizon + seconds * 1000;
    world.arrive(seconds);
  }
  world.clock = START + 20_000;
  world.consume();

  expect((await run(world, [...idle(6), { arrivals: some(9) }, ...idle(6)]))?.report).toMatchObject({
    addsUp: true,
    inFlight: 0,
  });
  world.arrive(0);
  world.lose(1);
  expect((await run(world, idle(14)))?.report).toMatchObject({ lost: 1 });
});

test('an account is opened by who keeps it: shown before, a task that began in the middle of a minute has none', async () => {
  const world = worldOf(new Date(START));
  world.clock = START + 10 * MINUTE_MS;
  const early = await world.show();
  await world.keep();

  expect([early.report, (await world.show()).report?.accepted]).toEqual([undefined, 0]);
});

test('a task that is shown is shown as of now, and nothing is written down', async () => {
  const world = worldOf('oldest');
  await run(world, [{ arrivals: some(3) }]);
  world.arrive(0);
  const shown = await world.show();
  const again = await world.show();

  expect(shown.report).toMatchObject({ accepted: 4, written: 3, inFlight: 1 });
  expect(again).toEqual(shown);
});

test('a second task of a topic is held against no older reading of it than its positions', async () => {
  const world = worldOf('oldest');
  const { pages } = world.topics;
  // What arrives while the topic is read for the first task is written by the second before it has its turn.
  world.topics.pages = async function* busy(...call: Parameters<typeof pages>) {
    yield* pages(...call);
    world.arrive(0);
    world.consume();
  };
  const reports = [];
  for (let minutes = 0; minutes < 14; minutes += 1) {
    world.clock += MINUTE_MS;
    const [, second] = await keepLedger(world, [world.task, { ...world.task, table: 'Other' }], fail);
    reports.push(second?.report?.doubled);
  }

  expect(reports).toEqual(Array(14).fill(0));
});

describe('while nothing arrives', () => {
  /** A world that is kept minute by minute with one memory; how often the database was asked meanwhile. */
  function rested(world: LedgerWorld) {
    const resting = new RestingTasks();
    const { execute } = world.database;
    let statements = 0;
    world.database.execute = (...call) => {
      statements += 1;
      return execute(...call);
    };

    return {
      async minutes(count: number, act = () => world.consume()) {
        statements = 0;
        let entry: LedgerEntry | undefined;
        for (let minute = 0; minute < count; minute += 1) {
          world.clock += MINUTE_MS;
          act();
          [entry] = await keepLedger(world, [world.task], fail, resting);
        }

        return { statements, entry };
      },
    };
  }
  const THREE_HOURS = 185;

  test.each(['started', 'stopped'] as const)(
    'the database of a %s task is left alone after three hours',
    async (wanted) => {
      const world = worldOf('oldest');
      const { minutes } = rested(world);
      for (let count = 0; count < 7; count += 1) world.arrive(count, 8 * MINUTE_MS);
      const busy = await minutes(THREE_HOURS);
      world.task = { ...world.task, wanted };
      world.source = { ...(world.source as NonNullable<typeof world.source>), enabled: wanted === 'started' };
      await minutes(2);
      const quiet = await minutes(3000);

      expect(busy.statements).toBeGreaterThan(300);
      expect(quiet.statements).toBe(0);
      expect(quiet.entry).toMatchObject({ dead: undefined, report: { accepted: 7, addsUp: true } });
      expect(Date.parse(quiet.entry?.report?.asOf ?? '')).toBeGreaterThan(world.clock - 2 * MINUTE_MS);
    },
  );

  test('what arrives then is counted, and missed if it is lost; nobody is called dead meanwhile', async () => {
    const world = worldOf('oldest');
    const { minutes } = rested(world);
    world.arrive(0);
    await minutes(THREE_HOURS);
    expect((await minutes(2000)).statements).toBe(0);
    for (const shard of [0, 1, 2]) world.arrive(shard);
    const waiting = await minutes(2, () => undefined);
    const written = await minutes(15);
    world.arrive(0);
    world.lose(1);
    const lost = await minutes(15);

    expect(waiting.entry).toMatchObject({ dead: undefined, report: { inFlight: 3 } });
    expect(written.entry?.report).toMatchObject({ accepted: 4, inFlight: 0, addsUp: true });
    expect(lost.entry?.report).toMatchObject({ lost: 1, addsUp: false });
  });

  test('a difference is no rest, and a task that was never started needs the database once', async () => {
    const missing = worldOf('oldest');
    missing.arrive(0);
    missing.lose(1);
    const unstarted = worldOf('oldest');
    unstarted.source = undefined;
    const { eventSource: _, ...task } = unstarted.task;
    unstarted.task = task;
    const [open, never] = [rested(missing), rested(unstarted)];
    await open.minutes(THREE_HOURS);
    await never.minutes(1);

    expect((await open.minutes(10)).statements).toBeGreaterThan(10);
    expect((await never.minutes(10)).statements).toBe(0);
  });

  test('a task that is started at another mapping is looked at again', async () => {
    const world = worldOf('oldest');
    const { minutes } = rested(world);
    world.arrive(0);
    await minutes(THREE_HOURS);
    world.task = { ...world.task, eventSource: 'other' };

    expect((await minutes(1)).statements).toBeGreaterThan(0);
  });
});

function fail(_: string, error: unknown): never {
  throw error;
}
