import { encodeIterator } from '../iterator.ts';
import { operation, SHARD_ID, STREAM, type StreamReference, streamId } from '../operation.ts';
import { counterOf, type Position, requestedPosition } from '../position.ts';

interface GetShardIterator extends StreamReference {
  readonly ShardId: string;
  readonly ShardIteratorType: Position['type'];
  readonly StartingSequenceNumber?: string;
  /** Seconds since the epoch. */
  readonly Timestamp?: number;
}

export const getShardIterator = operation<GetShardIterator>('GetShardIterator', {
  input: {
    ...STREAM,
    ShardId: { ...SHARD_ID, required: true },
    ShardIteratorType: {
      type: 'string',
      required: true,
      enum: ['AT_SEQUENCE_NUMBER', 'AFTER_SEQUENCE_NUMBER', 'TRIM_HORIZON', 'LATEST', 'AT_TIMESTAMP'],
    },
    StartingSequenceNumber: { type: 'string', pattern: /^(0|([1-9]\d{0,128}))$/ },
    Timestamp: { type: 'timestamp' },
  },
  async run(input, store) {
    const stream = store.get(streamId(input));
    const shard = stream.shard(input.ShardId);
    const counter = await counterOf(stream, shard, positionOf(input));

    return {
      ShardIterator: encodeIterator({
        stream: stream.name,
        streamCreated: stream.state.created,
        shardId: shard.id,
        counter,
        issued: store.now(),
      }),
    };
  },
});

function positionOf({ ShardIteratorType, StartingSequenceNumber, Timestamp }: GetShardIterator): Position {
  return requestedPosition(ShardIteratorType, { StartingSequenceNumber, Timestamp });
}
