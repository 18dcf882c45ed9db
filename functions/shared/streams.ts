import {
  DescribeStreamSummaryCommand,
  GetRecordsCommand,
  GetShardIteratorCommand,
  type GetShardIteratorCommandInput,
  InvalidArgumentException,
  KinesisClient,
  ListShardsCommand,
  ProvisionedThroughputExceededException,
  ResourceNotFoundException,
  type Shard,
} from '@aws-sdk/client-kinesis';
import type { ShardRead, TopicReader } from '../../core/mqs/query-topic.ts';
import type { ShardCursor } from '../../core/mqs/shard-cursor.ts';
import { QUICK } from './client-options.ts';

export interface StreamSummary {
  readonly mode: 'provisioned' | 'on-demand';
  readonly retentionHours: number;
  /** Shards that take messages. */
  readonly openShards: number;
  /** Registered for enhanced fan-out. */
  readonly fanOutConsumers: number;
  /** ISO 8601, UTC. */
  readonly createdAt: string;
  readonly status: string;
}

/** A Kinesis stream for those who look into it. */
export interface StreamViewer extends Pick<TopicReader, 'open' | 'openAt' | 'read'> {
  summary(): Promise<StreamSummary>;
  /** All shards that still hold records from this time on (milliseconds since 1970), or all that hold any; closed ones too. */
  shards(since?: number): Promise<StreamShard[]>;
}

export interface StreamShard {
  readonly shard: string;
  readonly open: boolean;
  readonly parents: readonly string[];
}

let client: KinesisClient | undefined;

/** @throws the SDK's ResourceNotFoundException when there is no such stream */
export function streamViewer(StreamName: string): StreamViewer {
  // Not QUICK's time limit: an answer may hold 10 MB.
  client ??= new KinesisClient({ maxAttempts: QUICK.maxAttempts });
  const kinesis = client;
  const iterator = async (shard: string, place: Partial<GetShardIteratorCommandInput>) => {
    const { ShardIterator } = await kinesis.send(
      new GetShardIteratorCommand({
        StreamName,
        ShardId: shard,
        ...place,
      } as GetShardIteratorCommandInput),
    );

    return String(ShardIterator);
  };

  return {
    async summary() {
      const { StreamDescriptionSummary: found } = await kinesis.send(new DescribeStreamSummaryCommand({ StreamName }));

      return {
        mode: found?.StreamModeDetails?.StreamMode === 'ON_DEMAND' ? 'on-demand' : 'provisioned',
        retentionHours: found?.RetentionPeriodHours ?? 0,
        openShards: found?.OpenShardCount ?? 0,
        fanOutConsumers: found?.ConsumerCount ?? 0,
        createdAt: (found?.StreamCreationTimestamp ?? new Date(0)).toISOString(),
        status: String(found?.StreamStatus ?? 'unknown').toLowerCase(),
      };
    },

    async shards(since) {
      const found: Shard[] = [];
      for (let next: string | undefined; ; ) {
        const { Shards = [], NextToken } = await kinesis.send(
          new ListShardsCommand(next === undefined ? { StreamName, ...filterFrom(since) } : { NextToken: next }),
        );
        found.push(...Shards);
        next = NextToken;
        if (next === undefined) {
          return found.map(shardOf);
        }
      }
    },

    open: ({ shard, after, at }: ShardCursor) =>
      iterator(
        shard,
        at !== undefined
          ? { ShardIteratorType: 'AT_TIMESTAMP', Timestamp: new Date(at) }
          : after !== undefined
            ? { ShardIteratorType: 'AFTER_SEQUENCE_NUMBER', StartingSequenceNumber: after }
            : { ShardIteratorType: 'TRIM_HORIZON' },
      ),

    async openAt(shard, sequenceNumber) {
      try {
        return await iterator(shard, {
          ShardIteratorType: 'AT_SEQUENCE_NUMBER',
          StartingSequenceNumber: sequenceNumber,
        });
      } catch (error) {
        if (error instanceof InvalidArgumentException || error instanceof ResourceNotFoundException) {
          return undefined;
        }
        throw error;
      }
    },

    async read(handle, limit): Promise<ShardRead | undefined> {
      try {
        const answer = await kinesis.send(new GetRecordsCommand({ ShardIterator: handle, Limit: limit }));

        return {
          records: (answer.Records ?? []).map((record) => ({
            sequenceNumber: String(record.SequenceNumber),
            partitionKey: String(record.PartitionKey),
            arrivedAt: record.ApproximateArrivalTimestamp?.getTime() ?? 0,
            data: record.Data ?? new Uint8Array(),
          })),
          behindMs: answer.MillisBehindLatest ?? 0,
          next: answer.NextShardIterator,
        };
      } catch (error) {
        if (error instanceof ProvisionedThroughputExceededException) {
          return undefined;
        }
        throw error;
      }
    },
  };
}

function filterFrom(since: number | undefined) {
  return {
    ShardFilter:
      since === undefined
        ? { Type: 'FROM_TRIM_HORIZON' as const }
        : { Type: 'FROM_TIMESTAMP' as const, Timestamp: new Date(since) },
  };
}

function shardOf({ ShardId, ParentShardId, AdjacentParentShardId, SequenceNumberRange }: Shard): StreamShard {
  return {
    shard: String(ShardId),
    open: SequenceNumberRange?.EndingSequenceNumber === undefined,
    parents: [ParentShardId, AdjacentParentShardId].filter((parent): parent is string => parent !== undefined),
  };
}
