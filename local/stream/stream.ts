import type { Buffer } from 'node:buffer';
import { join } from 'node:path';
import { ACCOUNT, arn } from '../account.ts';
import { AwsError } from '../errors.ts';
import { type StateFile, stateFile } from '../state-file.ts';
import { type ArrivalMinutes, type Arrivals, DroppedArrivals } from './arrivals.ts';
import { hashKeyOf, rangeOf } from './hash-key.ts';
import { LIMITS } from './limits.ts';
import { type StoredRecord, sizeOf } from './record-codec.ts';
import { Shard, type ShardState } from './shard.ts';

export interface ConsumerState {
  readonly name: string;
  /** Milliseconds since the epoch; its ARN ends with the seconds. */
  readonly created: number;
}

export interface StreamState {
  readonly name: string;
  /** Milliseconds since the epoch. */
  readonly created: number;
  readonly mode: 'PROVISIONED' | 'ON_DEMAND';
  readonly retentionHours: number;
  readonly maxRecordKiB: number;
  readonly tags: Readonly<Record<string, string>>;
  readonly consumers: readonly ConsumerState[];
  readonly shards: readonly ShardState[];
}

export interface PutEntry {
  readonly data: Buffer;
  readonly partitionKey: string;
  /** Decimal. */
  readonly explicitHashKey?: string | undefined;
}

export type PutOutcome =
  | { readonly shardId: string; readonly sequenceNumber: string }
  | { readonly errorCode: string; readonly errorMessage: string };

export interface ReadOutcome {
  readonly records: readonly StoredRecord[];
  /** The counter to read next. */
  readonly next: number;
  readonly millisBehindLatest: number;
}

/** What a shard refuses more of for now. */
export type Direction = 'Read' | 'Write';

/** A stream and its shards. What `state` says is on disk before anything acts on it. */
export class Stream {
  readonly arn: string;
  readonly directory: string;
  readonly now: () => number;
  /** Told of each record that is refused, and of each reading. */
  onThrottled: ((direction: Direction) => void) | undefined;
  readonly #file: StateFile<StreamState>;
  readonly #dropped: DroppedArrivals;
  #state: StreamState;
  #shards: readonly Shard[];
  #open: readonly Shard[] = [];
  #changing: Promise<void> = Promise.resolve();
  #updating = false;

  private constructor(state: StreamState, directory: string, shards: readonly Shard[], now: () => number) {
    this.arn = arn('kinesis', `stream/${state.name}`);
    this.directory = directory;
    this.now = now;
    this.#file = stateFile(join(directory, 'stream.json'), state);
    this.#dropped = new DroppedArrivals(directory, now);
    this.#state = state;
    this.#shards = shards;
    this.#sortOpen();
  }

  static async open(state: StreamState, directory: string, now: () => number): Promise<Stream> {
    const shards = await Promise.all(state.shards.map((shard) => Shard.open(shard, directory, now)));

    return new Stream(state, directory, shards, now);
  }

  get name(): string {
    return this.#state.name;
  }

  get state(): StreamState {
    return this.#state;
  }

  get status(): 'ACTIVE' | 'UPDATING' {
    return this.#updating ? 'UPDATING' : 'ACTIVE';
  }

  get shards(): readonly Shard[] {
    return this.#shards;
  }

  /** In the order of their hash keys. */
  get openShards(): readonly Shard[] {
    return this.#open;
  }

  /** Throws `AwsError` ResourceNotFoundException. */
  shard(id: string): Shard {
    const shard = this.#shards.find((candidate) => candidate.id === id);
    if (shard !== undefined) return shard;

    throw new AwsError(
      'ResourceNotFoundException',
      `Shard ${id} in stream ${this.name} under account ${ACCOUNT} does not exist`,
    );
  }

  /** Changes follow one another; each is on disk before it counts. */
  change(update: (state: StreamState) => Partial<Omit<StreamState, 'name' | 'created'>>): Promise<void> {
    const change = this.#changing.then(async () => {
      const state = { ...this.#state, ...update(this.#state) };
      await this.#file.write(state);
      this.#state = state;
    });
    this.#changing = change.catch(() => undefined);

    return change;
  }

  /** Another set of shards: `added` are open already, `removed` are the caller's to delete. */
  async reshape(
    update: (shards: readonly ShardState[]) => readonly ShardState[],
    added: readonly Shard[] = [],
  ): Promise<void> {
    await this.change((state) => ({ shards: update(state.shards) }));
    const known = new Map([...this.#shards, ...added].map((shard) => [shard.state.index, shard]));
    this.#shards = this.#state.shards.map((entry) => {
      const shard = known.get(entry.index) as Shard;
      shard.become(entry);
      return shard;
    });
    this.#sortOpen();
  }

  /** Shards are split and merged by one at a time. Throws `AwsError` ResourceInUseException. */
  async exclusively<T>(action: () => Promise<T>): Promise<T> {
    if (this.#updating) {
      throw new AwsError(
        'ResourceInUseException',
        `Stream ${this.name} under account ${ACCOUNT} not ACTIVE, instead in state UPDATING`,
      );
    }
    this.#updating = true;
    try {
      return await action();
    } finally {
      this.#updating = false;
    }
  }

  /** Resolves when every admitted record is on disk; the others are answered one by one, as PutRecords does. */
  async put(entries: readonly PutEntry[]): Promise<PutOutcome[]> {
    const outcomes = new Array<PutOutcome>(entries.length);
    const lanes = new Map<Shard, number[]>();
    entries.forEach((entry, index) => {
      const key = entry.explicitHashKey === undefined ? hashKeyOf(entry.partitionKey) : BigInt(entry.explicitHashKey);
      const shard = rangeOf(this.#open, key) as Shard;
      if (!admits(shard, sizeOf(entry))) {
        outcomes[index] = this.#throttled(shard, 'Write');
        return;
      }
      const lane = lanes.get(shard);
      if (lane === undefined) lanes.set(shard, [index]);
      else lane.push(index);
    });
    await Promise.all(
      Array.from(lanes, async ([shard, indexes]) => {
        const appended = await shard.log
          .append(indexes.map((index) => entries[index] as PutEntry))
          .catch(() => undefined);
        indexes.forEach((index, offset) => {
          outcomes[index] =
            appended === undefined
              ? { errorCode: 'InternalFailure', errorMessage: 'Internal service failure.' }
              : {
                  shardId: shard.id,
                  sequenceNumber: shard.sequenceNumber(appended.counter + offset, appended.arrived),
                };
        });
      }),
    );

    return outcomes;
  }

  /** Throws `AwsError` ProvisionedThroughputExceededException. */
  async read(shard: Shard, counter: number, limit: number): Promise<ReadOutcome> {
    const { readCalls, readBytes } = shard.rates;
    if (!readCalls.allows(1) || !readBytes.allows(1)) {
      const { errorCode, errorMessage } = this.#throttled(shard, 'Read');
      throw new AwsError(errorCode, errorMessage);
    }
    readCalls.spend(1);
    const records = await shard.log.read(counter, { records: limit, bytes: LIMITS.getRecordsBytes }, this.horizon);
    readBytes.spend(records.reduce((sum, record) => sum + sizeOf(record), 0));
    const last = records.at(-1);
    const next = last === undefined ? counter : last.counter + 1;

    return {
      records,
      next,
      millisBehindLatest: last !== undefined && next < shard.log.next ? this.now() - last.arrived : 0,
    };
  }

  /** Records that arrived before this are no longer served; milliseconds since the epoch. */
  get horizon(): number {
    return this.now() - this.#state.retentionHours * 3_600_000;
  }

  /** Gives back what retention no longer keeps: segments, and closed shards that ran empty. */
  async trim(): Promise<void> {
    const expired = this.#shards.filter((shard) => (shard.state.closed ?? Number.POSITIVE_INFINITY) < this.horizon);
    if (expired.length > 0 && !this.#updating) {
      for (const shard of expired) {
        const { index } = shard.state;
        const last = new Map<number, Arrivals>();
        await shard.log.addArrivals(last, this.#dropped.through(index));
        await this.#dropped.count(index, last, shard.log.next);
      }
      const indexes = new Set(expired.map((shard) => shard.state.index));
      await this.reshape((shards) => shards.filter((shard) => !indexes.has(shard.index)));
      for (const shard of expired) await shard.delete();
    }
    for (const { log, state } of this.#shards) {
      await log.trim(this.horizon, (arrivals, next) => this.#dropped.count(state.index, arrivals, next));
    }
  }

  /** What came in, minute by minute, also with records that retention has dropped since. */
  async arrivals(): Promise<ArrivalMinutes> {
    const minutes = new Map<number, Arrivals>();
    this.#dropped.addTo(minutes);
    for (const shard of this.#shards) await shard.log.addArrivals(minutes, this.#dropped.through(shard.state.index));

    return minutes;
  }

  async save(): Promise<void> {
    await this.#file.write(this.#state);
  }

  async close(): Promise<void> {
    await Promise.all(this.#shards.map((shard) => shard.log.close()));
  }

  #sortOpen(): void {
    this.#open = this.#shards.filter((shard) => shard.isOpen).sort((a, b) => (a.range.start < b.range.start ? -1 : 1));
  }

  #throttled(shard: Shard, direction: Direction): { errorCode: string; errorMessage: string } {
    this.onThrottled?.(direction);

    return {
      errorCode: 'ProvisionedThroughputExceededException',
      errorMessage: `Rate exceeded for shard ${shard.id} in stream ${this.name} under account ${ACCOUNT}.`,
    };
  }
}

function admits({ rates }: Shard, bytes: number): boolean {
  if (!rates.writeRecords.allows(1) || !rates.writeBytes.allows(bytes)) return false;
  rates.writeRecords.spend(1);
  rates.writeBytes.spend(bytes);

  return true;
}
