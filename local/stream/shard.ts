import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { HashKeyRange } from './hash-key.ts';
import { LIMITS } from './limits.ts';
import { sequenceNumbers } from './sequence-number.ts';
import { ShardLog } from './shard-log.ts';
import { TokenBucket } from './token-bucket.ts';

/** A shard as its stream's state file keeps it. */
export interface ShardState {
  readonly index: number;
  /** Seconds since the epoch: part of its sequence numbers. */
  readonly created: number;
  /** Hash keys in decimal, both inclusive. */
  readonly start: string;
  readonly end: string;
  readonly parent?: string;
  readonly adjacentParent?: string;
  /** Milliseconds since the epoch; set when it was split or merged. */
  readonly closed?: number;
}

/** What is left of the shard's rates in this second. */
export interface ShardRates {
  readonly writeRecords: TokenBucket;
  readonly writeBytes: TokenBucket;
  readonly readCalls: TokenBucket;
  readonly readBytes: TokenBucket;
}

export class Shard {
  readonly id: string;
  readonly range: HashKeyRange;
  readonly log: ShardLog;
  readonly rates: ShardRates;
  readonly sequenceNumber: (counter: number, arrivedMillis: number) => string;
  readonly #directory: string;
  #state: ShardState;

  private constructor(state: ShardState, directory: string, log: ShardLog, now: () => number) {
    this.id = shardId(state.index);
    this.range = { start: BigInt(state.start), end: BigInt(state.end) };
    this.log = log;
    this.sequenceNumber = sequenceNumbers(state.created, state.index);
    this.rates = {
      writeRecords: new TokenBucket(LIMITS.shardWriteRecordsPerSecond, now),
      writeBytes: new TokenBucket(LIMITS.shardWriteBytesPerSecond, now),
      readCalls: new TokenBucket(LIMITS.shardReadCallsPerSecond, now),
      readBytes: new TokenBucket(LIMITS.shardReadBytesPerSecond, now),
    };
    this.#directory = directory;
    this.#state = state;
  }

  /** @param directory of the stream; the shard's files lie in a folder of its id */
  static async open(state: ShardState, directory: string, now: () => number): Promise<Shard> {
    const own = join(directory, shardId(state.index));

    return new Shard(state, own, await ShardLog.open(own, now), now);
  }

  get state(): ShardState {
    return this.#state;
  }

  get isOpen(): boolean {
    return this.#state.closed === undefined;
  }

  /** Its state file entry changed (closed); the log stays as it is. */
  become(state: ShardState): void {
    this.#state = state;
    this.log.wake();
  }

  get startingSequenceNumber(): string {
    return this.sequenceNumber(0, this.#state.created * 1000);
  }

  get endingSequenceNumber(): string | undefined {
    const { closed } = this.#state;

    return closed === undefined ? undefined : this.sequenceNumber(this.log.next, closed);
  }

  /** True once everything a closed shard holds has been read up to `counter`. */
  isEndedAt(counter: number): boolean {
    return !this.isOpen && counter >= this.log.next;
  }

  async delete(): Promise<void> {
    await this.log.close();
    await rm(this.#directory, { recursive: true, force: true });
  }
}

export function shardId(index: number): string {
  return `shardId-${String(index).padStart(12, '0')}`;
}
