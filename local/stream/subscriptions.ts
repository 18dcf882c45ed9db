import { setTimeout as sleep } from 'node:timers/promises';
import { AwsError } from '../errors.ts';
import { findConsumer } from './consumer-reference.ts';
import { consumerArn } from './description.ts';
import { LIMITS } from './limits.ts';
import { counterOf, type Position } from './position.ts';
import { type StoredRecord, sizeOf } from './record-codec.ts';
import type { Shard } from './shard.ts';
import type { Stream } from './stream.ts';
import type { StreamStore } from './stream-store.ts';
import { TokenBucket } from './token-bucket.ts';

/** What one event of a subscription brings. */
export interface Push {
  readonly stream: Stream;
  readonly shard: Shard;
  readonly records: readonly StoredRecord[];
  /** The counter to read next. */
  readonly next: number;
  readonly millisBehindLatest: number;
  /** The shard is closed, and nothing follows. */
  readonly ended: boolean;
}

export interface SubscriptionRequest {
  readonly consumerArn: string;
  readonly shardId: string;
  readonly from: Position;
  readonly signal: AbortSignal;
}

interface Subscription {
  readonly since: number;
  readonly abort: AbortController;
}

/** AWS speaks of 70 ms from a put to its push; what arrives meanwhile comes along. streams/latest/dev/enhanced-consumers */
const GATHER_MILLIS = 70;
/** AWS does not say how often it pushes nothing; a client learns by it that the connection lives. */
const IDLE_MILLIS = 5_000;
const PUSH = { records: LIMITS.getRecordsCount, bytes: 1 << 20 };
const THROTTLED_MILLIS = 50;

/** Who is subscribed to which shard: one at a time of each consumer. */
export class Subscriptions {
  readonly #store: StreamStore;
  readonly #running = new Map<string, Subscription>();
  readonly #rates = new Map<string, TokenBucket>();

  constructor(store: StreamStore) {
    this.#store = store;
  }

  /**
   * Pushes a shard's records as they arrive, for five minutes or until a later subscription takes over. Throws `AwsError`
   * ResourceNotFoundException, ResourceInUseException (at once, or when it is taken over), InvalidArgumentException.
   */
  async subscribe(request: SubscriptionRequest): Promise<AsyncGenerator<Push>> {
    const { stream, consumer } = findConsumer(this.#store, { ConsumerARN: request.consumerArn });
    const shard = stream.shard(request.shardId);
    const key = `${consumerArn(stream, consumer)} ${shard.id}`;
    const now = this.#store.now();
    const running = this.#running.get(key);
    if (running !== undefined && now - running.since < LIMITS.subscriptionSafeMillis) throw inUse(request);
    const counter = await counterOf(stream, shard, request.from);
    running?.abort.abort();
    const subscription = { since: now, abort: new AbortController() };
    this.#running.set(key, subscription);
    const rate = this.#rates.get(key) ?? new TokenBucket(LIMITS.consumerReadBytesPerSecond, this.#store.now);
    this.#rates.set(key, rate);

    return this.#push(stream, shard, counter, { request, subscription, rate });
  }

  async *#push(
    stream: Stream,
    shard: Shard,
    from: number,
    on: { readonly request: SubscriptionRequest; readonly subscription: Subscription; readonly rate: TokenBucket },
  ): AsyncGenerator<Push> {
    const { request, subscription, rate } = on;
    const taken = subscription.abort.signal;
    const signal = AbortSignal.any([request.signal, taken]);
    let next = from;
    while (!signal.aborted && this.#store.now() - subscription.since < LIMITS.subscriptionMillis) {
      if (!rate.allows(1)) {
        await sleep(THROTTLED_MILLIS);
        continue;
      }
      const records = await shard.log.read(next, PUSH, stream.horizon);
      rate.spend(records.reduce((sum, record) => sum + sizeOf(record), 0));
      const last = records.at(-1);
      next = last === undefined ? next : last.counter + 1;
      const isBehind = last !== undefined && next < shard.log.next;
      const ended = shard.isEndedAt(next);
      const millisBehindLatest = isBehind ? this.#store.now() - last.arrived : 0;
      yield { stream, shard, records, next, millisBehindLatest, ended };
      if (ended) return;
      if (isBehind) continue;
      await shard.log.arrival(next, IDLE_MILLIS, signal);
      if (next < shard.log.next) await sleep(GATHER_MILLIS);
    }
    if (taken.aborted) throw inUse(request);
  }
}

function inUse({ consumerArn: consumer, shardId }: SubscriptionRequest): AwsError {
  return new AwsError(
    'ResourceInUseException',
    `Another active subscription exists for this consumer: ${consumer} and shard ${shardId}.`,
  );
}
