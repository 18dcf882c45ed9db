import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { NotTaken } from '../../../core/fdi/run-outlet.ts';
import { sendInOrder } from '../../../core/fdi/run-topic-send.ts';
import type { PutOutcome, TopicEntry } from '../../../core/mqs/produce-messages.ts';

interface Sent extends TopicEntry {
  readonly id: number;
}

const STORED: PutOutcome = { shard: 'shardId-000000000000', sequenceNumber: '1' };
const THROTTLED: PutOutcome = { error: 'ProvisionedThroughputExceededException', message: 'Rate exceeded' };
/** What becomes of one record of a call: `unsure` is stored or not, and nobody says so. */
type Fate = 'stored' | 'throttled' | 'unsure-stored' | 'unsure-lost';

function entries(keys: readonly string[], bytes = 1): Sent[] {
  return keys.map((key, id) => ({ id, key, data: Buffer.alloc(bytes) }));
}

/** A stream that treats records as it is told to, and takes all when nothing more is said. Within a call it stores in any order. */
function stream(fates: Fate[], shuffle: (count: number) => number = () => 0) {
  const stored: Sent[] = [];
  const calls: number[] = [];

  return {
    stored,
    calls,
    async put(rows: readonly TopicEntry[]): Promise<PutOutcome[]> {
      calls.push(rows.length);
      const own = rows.map((row) => ({ row: row as Sent, fate: fates.shift() ?? ('stored' as Fate) }));
      const taken = own.filter(({ fate }) => fate === 'stored' || fate === 'unsure-stored').map(({ row }) => row);
      while (taken.length > 0) {
        stored.push(...taken.splice(shuffle(taken.length), 1));
      }

      return own.map(({ fate }) =>
        fate === 'stored'
          ? STORED
          : fate === 'throttled'
            ? THROTTLED
            : { error: 'NoReply', message: 'no answer', unsure: true },
      );
    },
  };
}

function ports(put: (rows: readonly TopicEntry[]) => Promise<PutOutcome[]>, pauses: number[] = []) {
  return { put, pause: async (ms: number) => void pauses.push(ms), random: () => 1 };
}

const FATE = fc.constantFrom<Fate>('stored', 'stored', 'throttled', 'unsure-stored', 'unsure-lost');

test('whatever fails, every record arrives, in the order of its key, twice only where nobody answered', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.constantFrom('a', 'b', 'c', 'd'), { maxLength: 40 }),
      fc.array(FATE, { maxLength: 60 }),
      fc.infiniteStream(fc.nat()),
      async (keys, fates, numbers) => {
        const rows = entries(keys);
        const acknowledged: number[] = [];
        const unsure = fates.filter((fate) => fate === 'unsure-stored').length;
        const { put, stored } = stream([...fates], (count) => Number(numbers.next().value) % count);
        const send = (left: readonly Sent[]) =>
          sendInOrder(left, ports(put), {
            hold: async () => undefined,
            acknowledged: ({ id }) => acknowledged.push(id),
          });
        // Given up, the run begins again with what was not acknowledged, as `outletTarget` has it.
        for (let left = rows; left.length > 0; left = rows.filter(({ id }) => !acknowledged.includes(id))) {
          await send(left).catch((error: unknown) => expect(error).toBeInstanceOf(NotTaken));
        }

        expect([...acknowledged].sort((one, other) => one - other)).toEqual(rows.map(({ id }) => id));
        expect(stored.length - new Set(stored).size).toBeLessThanOrEqual(unsure);
        for (const key of new Set(keys)) {
          const arrived = stored.filter((row) => row.key === key).map(({ id }) => id);
          // Who leaves out what came before sees them as they were; and nothing old comes behind something new.
          expect(arrived).toEqual([...arrived].sort((one, other) => one - other));
          expect([...new Set(arrived)]).toEqual(rows.filter((row) => row.key === key).map(({ id }) => id));
        }
      },
    ),
    { numRuns: 300 },
  );
});

test('keys share a call, records of one key do not; a call holds 500 records and 5 MiB', async () => {
  const some = stream([]);
  await sendInOrder(entries(['a', 'a', 'b', 'a']), ports(some.put), quiet());
  expect(some.calls).toEqual([2, 1, 1]);

  const many = stream([]);
  await sendInOrder(entries(Array.from({ length: 1100 }, (_, at) => `${at}`)), ports(many.put), quiet());
  expect(many.calls).toEqual([500, 500, 100]);

  const large = stream([]);
  await sendInOrder(entries(['a', 'b', 'c', 'd', 'e', 'f', 'g'], 1024 * 1024 - 1), ports(large.put), quiet());
  expect(large.calls).toEqual([5, 2]);
});

test('a stream that takes nothing is left alone longer and longer, then the run waits', async () => {
  const pauses: number[] = [];
  const { put } = stream(Array<Fate>(20).fill('throttled'));

  await expect(sendInOrder(entries(['a']), ports(put, pauses), quiet())).rejects.toMatchObject({
    fault: { kind: 'passing', message: expect.stringContaining('more partitions, or keys that spread more') },
  });
  expect(pauses).toEqual([100, 200, 400, 800, 1600, 3200, 5000]);
});

test('what no attempt would change ends at once', async () => {
  const put = async () => [{ error: 'AccessDeniedException', message: 'not authorized' }];

  await expect(sendInOrder(entries(['a']), ports(put), quiet())).rejects.toMatchObject({
    fault: { kind: 'lasting', message: 'the topic took no more: AccessDeniedException: not authorized' },
  });
});

test('a process that has lost its task sends nothing more', async () => {
  const { put, calls } = stream([]);
  let held = 1;
  const hold = async () => {
    if (held-- === 0) throw new Error('fenced');
  };

  await expect(sendInOrder(entries(['a', 'a']), ports(put), { hold, acknowledged: () => undefined })).rejects.toThrow(
    'fenced',
  );
  expect(calls).toEqual([1]);
});

function quiet() {
  return { hold: async () => undefined, acknowledged: () => undefined };
}
