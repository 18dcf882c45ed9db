import { seconds } from './operation.ts';
import type { StoredRecord } from './record-codec.ts';
import type { Shard } from './shard.ts';
import type { ConsumerState, Stream } from './stream.ts';

/** How streams, shards and consumers look in answers. */
export function describeShard(shard: Shard) {
  const { parent, adjacentParent } = shard.state;
  const ending = shard.endingSequenceNumber;

  return {
    ShardId: shard.id,
    ...(parent !== undefined && { ParentShardId: parent }),
    ...(adjacentParent !== undefined && { AdjacentParentShardId: adjacentParent }),
    HashKeyRange: { StartingHashKey: String(shard.range.start), EndingHashKey: String(shard.range.end) },
    SequenceNumberRange: {
      StartingSequenceNumber: shard.startingSequenceNumber,
      ...(ending !== undefined && { EndingSequenceNumber: ending }),
    },
  };
}

/** What DescribeStream and DescribeStreamSummary share. */
export function describeStream(stream: Stream) {
  const { created, mode, retentionHours } = stream.state;

  return {
    StreamName: stream.name,
    StreamARN: stream.arn,
    StreamStatus: stream.status,
    StreamModeDetails: { StreamMode: mode },
    RetentionPeriodHours: retentionHours,
    StreamCreationTimestamp: seconds(created),
    EnhancedMonitoring: [{ ShardLevelMetrics: [] }],
    EncryptionType: 'NONE',
  };
}

export function describeRecord(shard: Shard, record: StoredRecord) {
  return {
    SequenceNumber: shard.sequenceNumber(record.counter, record.arrived),
    ApproximateArrivalTimestamp: seconds(record.arrived),
    Data: record.data.toString('base64'),
    PartitionKey: record.partitionKey,
    EncryptionType: 'NONE',
  };
}

/** What a shard that was closed is read on in. */
export function describeChildren(stream: Stream, parent: Shard) {
  return stream.shards
    .filter(({ state }) => state.parent === parent.id || state.adjacentParent === parent.id)
    .map((shard) => ({
      ShardId: shard.id,
      ParentShards: [shard.state.parent, shard.state.adjacentParent].filter((id) => id !== undefined),
      HashKeyRange: { StartingHashKey: String(shard.range.start), EndingHashKey: String(shard.range.end) },
    }));
}

export function describeConsumer(stream: Stream, consumer: ConsumerState) {
  return {
    ConsumerName: consumer.name,
    ConsumerARN: consumerArn(stream, consumer),
    ConsumerStatus: 'ACTIVE',
    ConsumerCreationTimestamp: seconds(consumer.created),
  };
}

export function consumerArn(stream: Stream, consumer: ConsumerState): string {
  return `${stream.arn}/consumer/${consumer.name}:${Math.floor(consumer.created / 1000)}`;
}
