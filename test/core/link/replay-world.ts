import { Buffer } from 'node:buffer';
import type { ReplayClaim } from '../../../core/link/replay-claim.ts';
import { NotPut, type ReplayErrorsPorts, type TargetTopic } from '../../../core/link/replay-errors.ts';

/** The process died: nothing after it runs. */
export class Killed extends Error {}

export interface World {
  readonly ports: ReplayErrorsPorts;
  readonly store: Map<string, Buffer>;
  /** What the topic holds: each record's text, when it arrived, its key. */
  readonly stream: { readonly data: string; readonly arrivedAt: number; readonly partitionKey: string }[];
  claim: ReplayClaim | undefined;
  /** Milliseconds since 1970; every call of a port takes one. */
  now: number;
  /** Dies before or after the port call of this number. */
  kill: { readonly at: number; readonly done: boolean } | undefined;
  /** Calls of ports so far. */
  calls: number;
  /** Of the records of a call, those that the stream refuses. */
  refuses: (data: string) => boolean;
  /** What every PutRecords meets. */
  fault: Error | undefined;
}

const START = 1_764_000_000_000;

export function keyFor(n: number, { product = 'p1', device = 'S-001', topic = 'Events' } = {}): string {
  return `${product}/${device}/${START - 100_000 + n}-${String(n).padStart(8, '0')}-5c7a-4c8f-9a42-0d6f1a2b3c4d.${topic}.json`;
}

/** As AWS IoT writes it. */
export function reportOf(n: number, { product = 'p1', device = 'S-001', payload = `{"n":${n}}` } = {}): Buffer {
  return Buffer.from(
    JSON.stringify({
      ruleName: 'Rule',
      topic: `${product}/out/${device}`,
      cloudwatchTraceId: `trace-${n}`,
      clientId: `c-${device}`,
      base64OriginalPayload: Buffer.from(payload).toString('base64'),
      failures: [{ failedAction: 'KinesisAction', failedResource: 'Events', errorMessage: 'throttled' }],
    }),
  );
}

/** An error store, a topic and the claims between them, in memory; any call may be the last one of its process. */
export function world(messages: number, target: TargetTopic = { stream: 'stream' }): World {
  const made: World = {
    store: new Map(Array.from({ length: messages }, (_, n) => [keyFor(n), reportOf(n)])),
    ...{ stream: [], claim: undefined, now: START, kill: undefined, calls: 0, refuses: () => false, fault: undefined },
    ports: undefined as unknown as ReplayErrorsPorts,
  };
  const call = async <T>(work: () => T): Promise<T> => {
    made.now += 1;
    made.calls += 1;
    const dies = made.kill?.at === made.calls;
    if (dies && made.kill?.done === false) {
      throw new Killed();
    }
    const answer = work();
    if (dies) {
      throw new Killed();
    }

    return answer;
  };
  const replaced = (claim: ReplayClaim | undefined, before: string | undefined) =>
    call(() => {
      if (made.claim?.claim !== before) return false;
      made.claim = claim;

      return true;
    });
  let ids = 0;
  const ports: ReplayErrorsPorts = {
    objects: {
      list: ({ prefix, limit, after = '' }) =>
        call(() => {
          const keys = [...made.store.keys()].filter((key) => key.startsWith(prefix) && key > after).sort();
          const items = keys.slice(0, limit).map((key) => ({ key, bytes: made.store.get(key)?.length ?? 0 }));

          return keys.length > limit ? { items, next: 'more' } : { items };
        }),
      get: (key) => call(() => made.store.get(key)),
      remove: (key) => call(() => void made.store.delete(key)),
    },
    products: async () => [
      { name: 'Sensor', productId: 'p1' },
      { name: 'Gate', productId: 'p2' },
    ],
    topic: async (name) => (name === 'Events' ? target : undefined),
    rules: async () => [{ name: 'Rule', product: 'Sensor', topic: 'Events', device: '+' }],
    claims: {
      find: () => call(() => made.claim),
      take: (_, claim, instead) => replaced(claim, instead?.claim),
      change: (_, claim) => replaced(claim, claim.claim),
      giveBack: (_, claim) => replaced(undefined, claim.claim),
    },
    records: {
      shards: async () => ['shard-0'],
      async *pages(_, __, from) {
        const found = made.stream
          .map((record, at) => ({
            sequenceNumber: String(at + 1),
            arrivedAt: record.arrivedAt,
            data: Buffer.from(record.data),
          }))
          .filter((record) =>
            'at' in from ? record.arrivedAt >= from.at : Number(record.sequenceNumber) > Number(from.after),
          );
        for (let at = 0; at < found.length; at += 3) yield await call(() => found.slice(at, at + 3));
      },
    },
    put: (_, records) =>
      call(() => {
        if (made.fault !== undefined) throw made.fault;

        return records.map(({ data, partitionKey }) => {
          if (made.refuses(data)) return false;
          made.stream.push({ data, partitionKey, arrivedAt: made.now });

          return true;
        });
      }),
    now: () => made.now,
    wait: async (milliseconds) => {
      made.now += milliseconds;
    },
    random: () => 0.5,
    newId: () => {
      ids += 1;

      return `id-${ids}`;
    },
  };

  return Object.assign(made, { ports });
}

export const refusedWholly = (message: string) => new NotPut(message);
