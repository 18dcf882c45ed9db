import type { Buffer } from 'node:buffer';
import { EventStream, jsonEvent, jsonException } from '../../aws/event-stream.ts';
import { AwsError } from '../../errors.ts';
import { CONSUMER } from '../consumer-reference.ts';
import { describeChildren, describeRecord } from '../description.ts';
import { operation, SHARD_ID } from '../operation.ts';
import { type Position, requestedPosition } from '../position.ts';
import type { Push } from '../subscriptions.ts';

interface SubscribeToShard {
  readonly ConsumerARN: string;
  readonly ShardId: string;
  readonly StartingPosition: {
    readonly Type: Position['type'];
    readonly SequenceNumber?: string;
    /** Seconds since the epoch. */
    readonly Timestamp?: number;
  };
}

/** Its answer goes on for five minutes: an event for whatever arrives. */
export const subscribeToShard = operation<SubscribeToShard>('SubscribeToShard', {
  input: {
    ConsumerARN: { ...CONSUMER['ConsumerARN'], type: 'string', required: true },
    ShardId: { ...SHARD_ID, required: true },
    StartingPosition: {
      type: 'structure',
      required: true,
      members: {
        Type: {
          type: 'string',
          required: true,
          enum: ['AT_SEQUENCE_NUMBER', 'AFTER_SEQUENCE_NUMBER', 'TRIM_HORIZON', 'LATEST', 'AT_TIMESTAMP'],
        },
        SequenceNumber: { type: 'string', pattern: /^(0|([1-9]\d{0,128}))$/ },
        Timestamp: { type: 'timestamp' },
      },
    },
  },
  resource: ({ ConsumerARN }) => ConsumerARN,
  async run({ ConsumerARN, ShardId, StartingPosition: { Type, SequenceNumber, Timestamp } }, store) {
    const closed = new AbortController();
    const pushes = await store.subscriptions.subscribe({
      consumerArn: ConsumerARN,
      shardId: ShardId,
      from: requestedPosition(Type, { SequenceNumber, Timestamp }),
      signal: closed.signal,
    });

    return new EventStream(eventsOf(pushes), () => closed.abort());
  },
});

async function* eventsOf(pushes: AsyncIterable<Push>): AsyncGenerator<Buffer> {
  yield jsonEvent('initial-response', {});
  try {
    for await (const push of pushes) yield jsonEvent('SubscribeToShardEvent', eventOf(push));
  } catch (error) {
    if (!(error instanceof AwsError)) throw error;
    yield jsonException(error.code, error.message);
  }
}

function eventOf({ stream, shard, records, next, millisBehindLatest, ended }: Push): unknown {
  const arrived = records.at(-1)?.arrived ?? shard.log.lastArrived;

  return {
    Records: records.map((record) => describeRecord(shard, record)),
    ...(ended
      ? { ChildShards: describeChildren(stream, shard) }
      : { ContinuationSequenceNumber: shard.sequenceNumber(next - 1, arrived) }),
    MillisBehindLatest: millisBehindLatest,
  };
}
