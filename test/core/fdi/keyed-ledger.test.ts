import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { databaseTime } from '../../../core/fdi/database-time.ts';
import { keepLedger, type LedgerEntry, type LedgerPorts } from '../../../core/fdi/keep-ledger.ts';
import { keyName } from '../../../core/fdi/key-claim.ts';
import { MINUTE_MS, minuteOf } from '../../../core/fdi/ledger.ts';
import { readOnFrom } from '../../../core/fdi/read-on.ts';
import type { TaskEntry } from '../../../core/fdi/task-entry.ts';
import { paddedSequence } from '../../../core/mqs/sequence-number.ts';

const START = Date.parse('2026-11-24T08:00:17Z');
const STREAM_ARN = 'arn:aws:kinesis:us-east-1:000000000000:stream/Events';
const SHARD = 'shardId-000000000000';
const LANES = 3;

interface Lane {
  readonly waiting: { readonly sequence: string; readonly arrivedAt: number }[];
  /** Arrival times of what it has written. */
  readonly handled: number[];
  /** What its keys' positions have passed. */
  seq: string;
}

/** A shard that several lanes read, and the database as far as the ledger sees it. */
class LaneWorld implements LedgerPorts {
  clock = START;
  readonly task: TaskEntry = {
    ...{ name: 'History', app: 'Lot', topic: 'Events', table: 'History', eventSource: 'mapping', wanted: 'started' },
    connectedAt: new Date(START).toISOString(),
    settings: { streamArn: STREAM_ARN } as never,
  };
  readonly executed: string[] = [];
  reads = 0;
  readonly #arrivals: number[] = [];
  readonly #records: { sequence: string; arrivedAt: number; partitionKey: string }[] = [];
  readonly #lanes: Lane[] = Array.from({ length: LANES }, () => ({ waiting: [], handled: [], seq: '' }));
  #row: Record<string, unknown> | undefined;

  readonly sources = {
    find: async () => ({ id: 'mapping', enabled: true, streamArn: STREAM_ARN, startAt: 'oldest' as const }),
  };
  readonly now = () => this.clock;
  readonly activity = async () => ({ lag: undefined, isCalled: true });
  readonly topics = {
    describe: async () => ({ createdAt: START - 10_000, retentionMs: 24 * 60 * MINUTE_MS }),
    shards: async () => [SHARD],
    pages: (_: string, __: string, from: object | string) =>
      this.#pages('at' in Object(from) ? (from as { at: number }).at : 0),
  };

  readonly incoming = async (_: string, from: number, to: number) => {
    const counts = new Map<number, number>();
    for (const minute of this.#arrivals.map(minuteOf).filter((one) => one >= from && one < to)) {
      counts.set(minute, (counts.get(minute) ?? 0) + 1);
    }
    return counts;
  };

  readonly database = {
    execute: async (sql: string, parameters: readonly { name: string; value: object }[]) => {
      this.executed.push(sql);
      if (sql.startsWith('INSERT')) {
        const entries = parameters.map(({ name, value }) => [name, Object.values(value)[0]] as const);
        this.#row = Object.fromEntries(entries.map(([name, value]) => [name, value === '' ? null : value]));
      }
      const ledger = this.#row === undefined ? [] : [this.#row];
      if (sql.includes('AS behind')) return { updated: 0, rows: [{ behind: this.#behind(parameters) }] };
      if (sql.includes('OkAt AS CHAR) AS okAt FROM')) return { updated: 0, rows: [{ okAt: this.#row?.['OkAt'] }] };

      return { updated: 1, rows: sql.includes('causeway.position') ? this.#positionRows() : ledger };
    },
  };

  arrive(lane: number): void {
    this.#arrivals.push(this.clock);
    const sequence = paddedSequence(String(this.#arrivals.length));
    this.#lanes[lane]?.waiting.push({ sequence, arrivedAt: this.clock });
    this.#records.push({ sequence, arrivedAt: this.clock, partitionKey: String(lane) });
  }

  /** @param times how often what is taken is written */
  consume(lane: number, most: number, times = 1): number {
    const one = this.#lanes[lane] as Lane;
    const taken = one.waiting.splice(0, most);
    for (let time = 0; time < times; time += 1) one.handled.push(...taken.map(({ arrivedAt }) => arrivedAt));
    one.seq = taken.at(-1)?.sequence ?? one.seq;

    return taken.length;
  }

  async keep(): Promise<LedgerEntry> {
    const failures: unknown[] = [];
    const [entry] = await keepLedger(this, [this.task], (_, error) => failures.push(error));
    if (entry === undefined) throw failures[0];
    return entry;
  }

  async *#pages(at: number) {
    this.reads += 1;
    yield this.#records.filter(({ arrivedAt }) => arrivedAt >= at);
  }

  #behind(parameters: readonly { name: string; value: object }[]): number {
    const records = parameters.find(({ name }) => name === 'records') as { value: { stringValue: string } };
    const lanes = new Map(this.#lanes.map(({ seq }, lane) => [keyName(String(lane)), seq]));

    return (JSON.parse(records.value.stringValue) as [string, string][]).filter(
      ([key, sequence]) => sequence > (lanes.get(key) ?? ''),
    ).length;
  }

  #positionRows() {
    const startedAt = databaseTime(START);
    const own = { startedAt, keyedAt: startedAt, quarantined: 0 };
    const lanes = this.#lanes.map(({ handled, seq }, lane) => {
      const minutes = handled.map((at) => minuteOf(at) / MINUTE_MS);
      const minute = Math.max(0, ...minutes);
      const within = (wanted: number) => minutes.filter((one) => one === wanted).length;

      return {
        ...{ ...own, shard: `${SHARD}#${lane}`, seq, written: handled.length },
        ...{ minute, inMinute: within(minute), inMinuteBefore: within(minute - 1) },
      };
    });

    return [{ ...own, shard: SHARD, seq: '', written: 0, minute: 0, inMinute: 0, inMinuteBefore: 0 }, ...lanes];
  }
}

const event = fc.record({
  second: fc.integer({ min: 0, max: 59 }),
  lane: fc.nat({ max: LANES - 1 }),
  arrives: fc.boolean(),
  most: fc.integer({ min: 1, max: 4 }),
});
const minutes = fc.array(fc.array(event, { maxLength: 12 }), { minLength: 1, maxLength: 25 });

async function live(world: LaneWorld, events: readonly (typeof event extends fc.Arbitrary<infer E> ? E : never)[]) {
  const begin = minuteOf(world.clock) + MINUTE_MS;
  for (const { second, lane, arrives, most } of events.toSorted((a, b) => a.second - b.second)) {
    world.clock = begin + second * 1000;
    if (arrives) world.arrive(lane);
    else world.consume(lane, most);
  }
  world.clock = begin + 59_500;

  return world.keep();
}

async function settle(world: LaneWorld): Promise<LedgerEntry> {
  for (let lane = 0; lane < LANES; lane += 1) world.consume(lane, Number.POSITIVE_INFINITY);
  let entry = await world.keep();
  for (let minute = 0; minute < 14; minute += 1) entry = await live(world, []);

  return entry;
}

test('whatever lanes do in whatever order, nothing is called lost or doubled, and in the end it adds up', async () => {
  await fc.assert(
    fc.asyncProperty(minutes, async (life) => {
      const world = new LaneWorld();
      for (const events of life) {
        expect((await live(world, events)).report).toMatchObject({ lost: 0, doubled: 0 });
      }
      expect((await settle(world)).report).toMatchObject({ lost: 0, doubled: 0, inFlight: 0, addsUp: true });
    }),
    { numRuns: 60 },
  );
});

test('what is written twice is found, to the message, while others arrive', async () => {
  const steady = Array.from({ length: 20 }, (_, at) => ({
    ...{ second: 2 * at, lane: at % LANES, arrives: at % 2 === 0, most: 4 },
  }));
  const world = new LaneWorld();
  for (let minute = 0; minute < 3; minute += 1) await live(world, steady);
  for (let at = 0; at < 3; at += 1) world.arrive(1);
  const doubled = world.consume(1, Number.POSITIVE_INFINITY, 2);
  let entry: LedgerEntry | undefined;
  for (let minute = 0; minute < 16; minute += 1) entry = await live(world, steady);

  expect(doubled).toBeGreaterThan(2);
  expect(entry?.report).toMatchObject({ doubled, lost: 0, addsUp: false });
});

test('what is lost is found, to the message, while others arrive; the topic is read for it now and then', async () => {
  const steady = Array.from({ length: 20 }, (_, at) => ({
    ...{ second: 2 * at, lane: at % LANES, arrives: at % 2 === 0, most: 4 },
  }));
  const world = new LaneWorld();
  for (let minute = 0; minute < 10; minute += 1) await live(world, steady);
  expect(world.reads).toBe(0);
  for (let at = 0; at < 3; at += 1) world.arrive(1);
  const lost = world.consume(1, Number.POSITIVE_INFINITY, 0);
  let entry: LedgerEntry | undefined;
  for (let minute = 0; minute < 35; minute += 1) entry = await live(world, steady);

  expect(lost).toBeGreaterThan(2);
  expect(entry?.report).toMatchObject({ lost, doubled: 0, addsUp: false });
  expect(world.reads).toBeLessThan(25);
});

test('a lane that stands still while others go on is no loss, and the balance waits for it', async () => {
  const world = new LaneWorld();
  world.arrive(0);
  for (let minute = 0; minute < 20; minute += 1) {
    await live(world, [
      { second: 5, lane: 1, arrives: true, most: 1 },
      { second: 9, lane: 1, arrives: false, most: 9 },
    ]);
  }
  expect((await world.keep()).report).toMatchObject({ lost: 0, doubled: 0, inFlight: 1, addsUp: null });
  expect((await settle(world)).report).toMatchObject({ addsUp: true, inFlight: 0 });
});

test('a task whose lanes all stand still is dead, with the last message handled or without', async () => {
  const world = new LaneWorld();
  world.arrive(0);
  world.arrive(1);
  world.consume(1, 1);
  let entry: LedgerEntry | undefined;
  for (let minute = 0; minute < 15; minute += 1) entry = await live(world, []);

  expect(entry?.dead).toMatch(/it has written nothing for \d+ minutes/);
});

test('a new mapping reads on from where the account last added up, and a little before', async () => {
  const world = new LaneWorld();
  world.arrive(0);
  world.consume(0, 1);
  await settle(world);
  const okAt = (await world.keep()).report?.asOf ?? '';

  const from = await readOnFrom({ ...world, now: () => new Date(world.clock) }, world.task, 'oldest');

  expect(from.getTime()).toBe(Date.parse(okAt) - 15 * MINUTE_MS);
});

test('positions of keys that rest are removed at each look', async () => {
  const world = new LaneWorld();
  await live(world, [{ second: 1, lane: 0, arrives: true, most: 1 }]);

  expect(world.executed.filter((sql) => sql.startsWith('DELETE FROM causeway.key_position'))).toHaveLength(1);
});
