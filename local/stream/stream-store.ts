import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { ACCOUNT, PARTITION, REGION } from '../account.ts';
import { AwsError } from '../errors.ts';
import { evenRanges } from './hash-key.ts';
import { type Direction, Stream, type StreamState } from './stream.ts';
import { Subscriptions } from './subscriptions.ts';

export interface NewStream {
  readonly name: string;
  readonly mode: 'PROVISIONED' | 'ON_DEMAND';
  readonly shards: number;
  readonly retentionHours: number;
  readonly maxRecordKiB: number;
  readonly tags?: Readonly<Record<string, string>>;
}

const SUFFIX = '.stream';
const STREAM_ARN = new RegExp(
  `^arn:${PARTITION}:kinesis:${REGION}:${ACCOUNT}:stream/([a-zA-Z0-9_.-]{1,128})(?:/consumer/.*)?$`,
);

/** All streams of the account, one folder each. */
export class StreamStore {
  readonly #directory: string;
  readonly #streams = new Map<string, Stream>();
  readonly now: () => number;
  readonly subscriptions = new Subscriptions(this);

  readonly #onThrottled: (stream: string, direction: Direction) => void;

  constructor(
    directory: string,
    now: () => number,
    onThrottled: (stream: string, direction: Direction) => void = () => undefined,
  ) {
    this.#directory = directory;
    this.now = now;
    this.#onThrottled = onThrottled;
  }

  /** Opens what is on disk. A folder without a state file is a deletion that a crash cut short: it goes. */
  async load(): Promise<void> {
    const names = await readdir(this.#directory).catch(() => []);
    for (const name of names.filter((entry) => entry.endsWith(SUFFIX))) {
      const directory = join(this.#directory, name);
      const text = await readFile(join(directory, 'stream.json'), 'utf8').catch(() => undefined);
      if (text === undefined) {
        await rm(directory, { recursive: true, force: true });
        continue;
      }
      await this.#open(JSON.parse(text) as StreamState, directory);
    }
  }

  /** Sorted by name. */
  all(): Stream[] {
    return [...this.#streams.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  /** @param id a name, an ARN, or the ARN of one of the stream's consumers */
  find(id: string): Stream | undefined {
    return this.#streams.get(STREAM_ARN.exec(id)?.[1] ?? id);
  }

  /** Throws `AwsError` ResourceNotFoundException. */
  get(id: string): Stream {
    const stream = this.find(id);
    if (stream !== undefined) return stream;

    throw new AwsError(
      'ResourceNotFoundException',
      `Stream ${STREAM_ARN.exec(id)?.[1] ?? id} under account ${ACCOUNT} not found.`,
    );
  }

  /** Throws `AwsError` ResourceInUseException. */
  async create(definition: NewStream): Promise<Stream> {
    const { name, mode, shards, retentionHours, maxRecordKiB, tags = {} } = definition;
    if (this.#streams.has(name)) {
      throw new AwsError('ResourceInUseException', `Stream ${name} under account ${ACCOUNT} already exists.`);
    }
    const created = this.now();
    const state: StreamState = {
      name,
      created,
      mode,
      retentionHours,
      maxRecordKiB,
      tags,
      consumers: [],
      shards: evenRanges(shards).map((range, index) => ({
        index,
        created: Math.floor(created / 1000),
        start: String(range.start),
        end: String(range.end),
      })),
    };
    return this.#open(state, join(this.#directory, `${name}${SUFFIX}`), (stream) => stream.save());
  }

  async #open(
    state: StreamState,
    directory: string,
    prepare: (stream: Stream) => Promise<void> = async () => undefined,
  ): Promise<Stream> {
    const stream = await Stream.open(state, directory, this.now);
    stream.onThrottled = (direction) => this.#onThrottled(stream.name, direction);
    await prepare(stream);
    this.#streams.set(stream.name, stream);

    return stream;
  }

  async delete(stream: Stream): Promise<void> {
    this.#streams.delete(stream.name);
    await stream.close();
    await rm(join(stream.directory, 'stream.json'));
    await rm(stream.directory, { recursive: true, force: true });
  }

  async trim(): Promise<void> {
    for (const stream of this.#streams.values()) await stream.trim();
  }

  async close(): Promise<void> {
    await Promise.all([...this.#streams.values()].map((stream) => stream.close()));
    this.#streams.clear();
  }
}
