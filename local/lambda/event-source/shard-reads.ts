import type { Engines, StreamPosition, StreamRead } from '../../engines.ts';
import { AwsError } from '../../errors.ts';
import type { EventSource } from './kinesis-event.ts';
import { pause } from './pause.ts';
import { readActions, storedStream } from './stream-source.ts';

/** A standard shard is polled once a second. Ref: lambda/latest/dg/with-kinesis */
const POLL_MILLISECONDS = 1000;
/** GetRecords answers at most this many. */
const READ_LIMIT = 10_000;
/** After a subscription that was refused or cut off. */
const SUBSCRIBE_MILLISECONDS = 1000;

export interface ShardReadOptions {
  readonly source: EventSource;
  readonly from: StreamPosition;
  readonly engines: Engines;
  readonly signal: AbortSignal;
  /** False while enough records wait for the function: then the shard is left alone. */
  hasRoom(): boolean;
  /** What cannot be read now is told, and tried again. */
  problem(error: AwsError): void;
}

/** What a shard holds from a position on, until the shard is ended or the signal: pushed to a consumer, polled without one. */
export function shardReads(options: ShardReadOptions): AsyncGenerator<StreamRead> {
  return options.source.consumerArn === undefined ? polled(options) : pushed(options, options.source.consumerArn);
}

async function* polled(options: ShardReadOptions): AsyncGenerator<StreamRead> {
  const { source, engines, signal } = options;
  let position = options.from;
  while (!signal.aborted) {
    const started = performance.now();
    if (options.hasRoom()) {
      const read = await attempt(options, () => {
        // Lambda reads with the function's role; a right that was taken away stops the reading within a second.
        for (const action of readActions(source.streamArn)) {
          engines.iam.authorize(source.roleArn, action, source.streamArn);
        }

        return engines.stream.read(storedStream(source.streamArn), source.shardId, position, READ_LIMIT);
      });
      if (read !== undefined) {
        position = after(read) ?? position;
        yield read;
        if (read.ended) return;
      }
    }
    await pause(POLL_MILLISECONDS - (performance.now() - started), signal);
  }
}

/** Enhanced fan-out: a subscription after the other, each for five minutes. A right that was taken away counts with the next. */
async function* pushed(options: ShardReadOptions, consumerArn: string): AsyncGenerator<StreamRead> {
  const { source, engines, signal } = options;
  let position = options.from;
  while (!signal.aborted) {
    try {
      engines.iam.authorize(source.roleArn, 'kinesis:SubscribeToShard', consumerArn);
      for await (const read of engines.stream.subscribe(consumerArn, source.shardId, position, signal)) {
        position = after(read) ?? position;
        yield read;
        if (read.ended) return;
        while (!options.hasRoom() && !signal.aborted) await pause(POLL_MILLISECONDS, signal);
      }
    } catch (error) {
      if (!(error instanceof AwsError)) throw error;
      options.problem(error);
      await pause(SUBSCRIBE_MILLISECONDS, signal);
    }
  }
}

async function attempt<T>({ problem }: ShardReadOptions, read: () => Promise<T>): Promise<T | undefined> {
  try {
    return await read();
  } catch (error) {
    if (!(error instanceof AwsError)) throw error;
    problem(error);

    return undefined;
  }
}

function after({ records }: StreamRead): StreamPosition | undefined {
  const last = records.at(-1);

  return last === undefined ? undefined : { type: 'AFTER_SEQUENCE_NUMBER', sequenceNumber: last.sequenceNumber };
}
