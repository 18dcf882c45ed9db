import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type ReplayRequest, replayErrors } from '../../../core/link/replay-errors.ts';
import { Killed, keyFor, refusedWholly, reportOf, type World, world } from './replay-world.ts';

/** All pages; a call that dies is followed by another, a minute later. */
async function replayAll(lot: World, request: ReplayRequest = { target: 'Events' }): Promise<number> {
  let sent = 0;
  let after: string | undefined;
  for (let call = 0; call < 50; call += 1) {
    try {
      const answer = await replayErrors(lot.ports, after === undefined ? request : { ...request, after });
      const { replayed, settled, next } = answer;
      sent += replayed + settled;
      if (next === undefined) return sent;
      after = next;
    } catch (error) {
      if (!(error instanceof Killed)) throw error;
      after = undefined;
      lot.now += 60_000;
    }
  }
  throw new RangeError('it does not end');
}

const traces = ({ stream }: World) => stream.map(({ data }) => JSON.parse(data).traceId as string);

test('a message is put into its topic as its rule would have put it, and is in the store no more', async () => {
  const lot = world(1);
  const answer = await replayErrors(lot.ports, { target: 'Events' });

  expect(answer).toEqual({ topic: 'Events', replayed: 1, settled: 0, left: 0, skipped: [] });
  expect(lot.stream).toEqual([
    {
      data: JSON.stringify({
        raw: Buffer.from('{"n":0}').toString('base64'),
        ...{
          productId: 'p1',
          deviceId: 'S-001',
          clientId: 'c-S-001',
          eventTime: 1_763_999_900_000,
          traceId: 'trace-0',
        },
      }),
      partitionKey: 'S-001',
      arrivedAt: expect.any(Number),
    },
  ]);
  expect([lot.store.size, lot.claim]).toEqual([0, undefined]);
});

test('wherever a call is killed, before or after what it asks for, every message is in the topic once', async () => {
  const calls = await (async () => {
    const lot = world(4);
    await replayAll(lot);
    return lot.calls;
  })();
  for (let at = 1; at <= calls; at += 1) {
    for (const done of [false, true]) {
      const lot = world(4);
      lot.kill = { at, done };
      const told = await replayAll(lot);

      // Its claim given back, it was killed with its answer: nobody knows of its work any more.
      expect([at, done, told]).toEqual([at, done, at === calls && done ? 0 : 4]);
      expect([at, done, traces(lot).sort()]).toEqual([at, done, ['trace-0', 'trace-1', 'trace-2', 'trace-3']]);
      expect([lot.store.size, lot.claim]).toEqual([0, undefined]);
    }
  }
});

test('killed again and again, with a stream that refuses some, it neither loses nor doubles one', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 12 }),
      fc.array(fc.tuple(fc.integer({ min: 1, max: 20 }), fc.boolean()), { maxLength: 5 }),
      fc.infiniteStream(fc.boolean()),
      async (messages, kills, moods) => {
        const lot = world(messages);
        let patience = 20;
        lot.refuses = () => {
          patience -= 1;
          return patience > 0 && moods.next().value;
        };
        for (const [later, done] of kills) {
          lot.kill = { at: lot.calls + later, done };
          await replayErrors(lot.ports, { target: 'Events' }).catch((error) => expect(error).toBeInstanceOf(Killed));
          lot.now += 60_000;
        }
        lot.kill = undefined;
        patience = 0;
        await replayAll(lot);

        expect(traces(lot).sort()).toEqual(Array.from({ length: messages }, (_, n) => `trace-${n}`).sort());
        expect(lot.store.size).toBe(0);
      },
    ),
    { numRuns: 200 },
  );
});

test('more than Kinesis takes at once goes page by page', async () => {
  const lot = world(1203);

  expect(await replayAll(lot)).toBe(1203);
  expect(new Set(traces(lot)).size).toBe(1203);
});

test('while another call may be at work, or was cut off a moment ago, there is no second one', async () => {
  const lot = world(2);
  lot.kill = { at: 6, done: true };
  await expect(replayErrors(lot.ports, { target: 'Events' })).rejects.toBeInstanceOf(Killed);

  await expect(replayErrors(lot.ports, { target: 'Events' })).rejects.toMatchObject({
    code: 'CAUSEWAY.0423',
    message: expect.stringMatching(/^Messages are being replayed into Events by another call.*Try again after 20/),
  });
});

test('what the stream refuses stays, and is counted', async () => {
  const lot = world(3);
  lot.refuses = (data) => data.includes('trace-1');

  expect(await replayErrors(lot.ports, { target: 'Events' })).toMatchObject({ replayed: 2, left: 1 });
  expect([...lot.store.keys()]).toEqual([keyFor(1)]);
});

test('a stream that takes nothing is said to, and another call may follow at once', async () => {
  const lot = world(2);
  lot.fault = refusedWholly('not authorized');

  await expect(replayErrors(lot.ports, { target: 'Events' })).rejects.toMatchObject({
    code: 'CAUSEWAY.0412',
    message: 'Events takes nothing: not authorized',
  });
  lot.fault = undefined;
  expect(await replayErrors(lot.ports, { target: 'Events' })).toMatchObject({ replayed: 2 });
});

test('only what is asked for is replayed: by key, device, product and time, and never another topic’s', async () => {
  const fill = () => {
    const lot = world(3);
    lot.store.set(keyFor(3, { device: 'S-002' }), reportOf(3, { device: 'S-002' }));
    lot.store.set(keyFor(4, { product: 'p2' }), reportOf(4, { product: 'p2' }));
    lot.store.set(keyFor(5, { topic: 'Other' }), reportOf(5));
    lot.store.set('presence-events/d1/1764000000000-x.json', reportOf(6));
    return lot;
  };
  const sent = async (request: Omit<ReplayRequest, 'target'>, target = 'Events') => {
    const lot = fill();
    await replayAll(lot, { target, ...request });
    return traces(lot).map((trace) => Number(trace.slice(6)));
  };

  expect(await sent({})).toEqual([0, 1, 2, 3, 4]);
  expect(await sent({}, 'Rule')).toEqual([0, 1, 2, 3]);
  expect(await sent({ product: 'Gate' })).toEqual([4]);
  expect(await sent({ product: 'Sensor', device: 'S-002' })).toEqual([3]);
  expect(await sent({ since: 1_763_999_900_001, until: 1_763_999_900_002 })).toEqual([1]);
  expect(await sent({ keys: [keyFor(2)] })).toEqual([2]);
});

test.each([
  ['a name that nothing has', { target: 'Nothing' }, 'There is no topic and no rule Nothing.'],
  ['a product that is not there', { target: 'Events', product: 'Nix' }, 'There is no product Nix.'],
  ['a device without its product', { target: 'Events', device: 'S-001' }, /^device: received "S-001"/],
])('%s is refused', async (_, request, message) => {
  await expect(replayErrors(world(1).ports, request)).rejects.toThrow(message);
});

test('objects that no rule wrote stay, each with its reason', async () => {
  const lot = world(1);
  lot.store.set(keyFor(1), Buffer.from('no report'));
  lot.store.set(keyFor(2), Buffer.from(JSON.stringify({ base64OriginalPayload: 'e30=', topic: 'p1/out/S-001' })));
  const { replayed, skipped } = await replayErrors(lot.ports, {
    target: 'Events',
    keys: [keyFor(0), keyFor(1), keyFor(2), keyFor(9)],
  });

  expect(replayed).toBe(1);
  expect(skipped).toEqual([
    { key: keyFor(1), reason: 'the object is not what a rule writes' },
    { key: keyFor(2), reason: 'the object does not say which device sent the message, or when' },
    { key: keyFor(9), reason: 'the error store has it no more' },
  ]);
});

test('what its topic masks is masked, and its key is the topic’s', async () => {
  const target = { stream: 'stream', filterFields: ['plate'], partitionKey: { field: 'lot' } };
  const lot = world(0, target);
  lot.store.set(keyFor(0), reportOf(0, { payload: '{"plate":"B-AB 1","lot":"L7"}' }));
  lot.store.set(keyFor(1), reportOf(1, { payload: 'no JSON' }));
  const { skipped } = await replayErrors(lot.ports, { target: 'Events' });

  expect(lot.stream.map(({ data, partitionKey }) => [atob(JSON.parse(data).raw), partitionKey])).toEqual([
    ['{"plate":"***","lot":"L7"}', 'L7'],
  ]);
  expect(skipped).toEqual([{ key: keyFor(1), reason: expect.stringContaining('cannot be masked') }]);
});

test('the search for what a killed call sent goes on where the call before ended', async () => {
  const lot = world(4);
  lot.kill = { at: 1000, done: true };
  await replayAll(lot);
  const sent = [...lot.stream];
  const again = world(4);
  again.stream.push(...sent.map((record) => ({ ...record, arrivedAt: again.now })));
  again.claim = { claim: 'dead', at: again.now, until: again.now, keys: [...again.store.keys()] };
  const { now } = again.ports;
  let slow = 20_000;
  const ports = {
    ...again.ports,
    now: () => {
      again.now += slow;
      return now();
    },
  };
  const first = await replayErrors(ports, { target: 'Events' });

  expect(first).toMatchObject({ replayed: 0, settled: 3, next: '' });
  expect(again.claim?.searched).toEqual({ 'shard-0': '3' });
  slow = 1;
  expect(await replayErrors(ports, { target: 'Events' })).toMatchObject({ settled: 1, replayed: 0 });
  expect([again.store.size, again.stream.length]).toEqual([0, 4]);
});
