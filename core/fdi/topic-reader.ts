/** A record as far as it is counted. */
export interface TopicRecord {
  /** Padded to 64 digits. */
  readonly sequence: string;
  /** Milliseconds since the epoch. */
  readonly arrivedAt: number;
  readonly partitionKey?: string;
}

/** Where reading begins: at the first record that arrived then, or behind a sequence number (padded or not). */
export type TopicPlace = 'oldest' | { readonly at: number } | { readonly after: string };

/** A topic's stream, read to be counted. */
export interface TopicReader {
  describe(streamArn: string): Promise<{ readonly createdAt: number; readonly retentionMs: number }>;
  /** Of every shard that still holds records, closed ones too. */
  shards(streamArn: string): Promise<readonly string[]>;
  /** Pages of up to `limit` records, to the shard's newest as of the call. */
  pages(streamArn: string, shard: string, from: TopicPlace, limit: number): AsyncIterable<readonly TopicRecord[]>;
}

const PAGE = 10_000;
/** More than a shard takes in two minutes; beyond, counting gives way to the consumers. */
const MOST = 120_000;

/** Counts records; what it has read once it remembers, since the tasks of a topic ask for the same. */
export class TopicCounter {
  readonly #reader: TopicReader;
  readonly #streamArn: string;
  readonly #tails = new Map<string, Promise<readonly TopicRecord[] | undefined>>();
  readonly #nexts = new Map<string, Promise<TopicRecord | undefined>>();

  constructor(reader: TopicReader, streamArn: string) {
    this.#reader = reader;
    this.#streamArn = streamArn;
  }

  /** How many records arrived in a time that is over; `from` inclusive, `to` exclusive. */
  async countBetween(from: number, to: number): Promise<number> {
    const counts = await this.#everyShard((shard) => this.#countWhile(shard, from, ({ arrivedAt }) => arrivedAt < to));

    return counts.reduce((sum, count) => sum + count, 0);
  }

  /** How many of the records that arrived at `from` or later lie before the positions (by shard; padded). */
  async countHandled(from: number, positions: ReadonlyMap<string, string>): Promise<number> {
    const counts = await this.#everyShard((shard) => {
      const position = positions.get(shard) ?? '';

      return this.#countWhile(shard, from, ({ sequence }) => sequence <= position);
    });

    return counts.reduce((sum, count) => sum + count, 0);
  }

  /**
   * How many of the records that arrived at `at` or later are behind the positions, and whether everything before `at` is; undefined when
   * there are too many to count.
   *
   * @param positions the last record handled, by shard; padded, '' for none
   * @param start where a shard without a position was begun
   */
  async handledSince(
    at: number,
    positions: ReadonlyMap<string, string>,
    start: TopicPlace,
  ): Promise<{ readonly count: number; readonly complete: boolean } | undefined> {
    const shards = await this.#everyShard(async (shard) => {
      const tail = await this.#tail(shard, at);
      if (tail === undefined) {
        return undefined;
      }
      const position = positions.get(shard) ?? '';
      const first = tail[0];
      const passed = first !== undefined && position >= first.sequence;
      const next = passed ? undefined : await this.#next(shard, position === '' ? start : { after: position });

      return {
        count: tail.filter(({ sequence }) => sequence <= position).length,
        complete: next === undefined || next.arrivedAt >= at,
      };
    });
    const known = shards.filter((shard) => shard !== undefined);
    if (known.length < shards.length) {
      return undefined;
    }

    return {
      count: known.reduce((sum, { count }) => sum + count, 0),
      complete: known.every(({ complete }) => complete),
    };
  }

  async #countWhile(shard: string, from: number, counts: (record: TopicRecord) => boolean): Promise<number> {
    let count = 0;
    for await (const page of this.#reader.pages(this.#streamArn, shard, { at: from }, PAGE)) {
      const within = page.filter(counts).length;
      count += within;
      if (within < page.length) break;
    }

    return count;
  }

  #tail(shard: string, at: number): Promise<readonly TopicRecord[] | undefined> {
    return remembered(this.#tails, `${shard} ${at}`, async () => {
      const records: TopicRecord[] = [];
      for await (const page of this.#reader.pages(this.#streamArn, shard, { at }, PAGE)) {
        for (const record of page) records.push(record);
        if (records.length > MOST) return undefined;
      }
      return records;
    });
  }

  #next(shard: string, place: TopicPlace): Promise<TopicRecord | undefined> {
    return remembered(this.#nexts, `${shard} ${JSON.stringify(place)}`, async () => {
      for await (const [record] of this.#reader.pages(this.#streamArn, shard, place, 1)) {
        if (record !== undefined) return record;
      }
      return undefined;
    });
  }

  async #everyShard<Answer>(ask: (shard: string) => Promise<Answer>): Promise<Answer[]> {
    const shards = await this.#reader.shards(this.#streamArn);

    return Promise.all(shards.map(ask));
  }
}

/** A counter for each topic of one look. */
export class TopicCounters {
  readonly #reader: TopicReader;
  readonly #counters = new Map<string, TopicCounter>();

  constructor(reader: TopicReader) {
    this.#reader = reader;
  }

  of(streamArn: string): TopicCounter {
    const counter = this.#counters.get(streamArn) ?? new TopicCounter(this.#reader, streamArn);
    this.#counters.set(streamArn, counter);

    return counter;
  }
}

function remembered<Answer>(memory: Map<string, Promise<Answer>>, key: string, ask: () => Promise<Answer>) {
  const known = memory.get(key) ?? ask();
  memory.set(key, known);

  return known;
}
