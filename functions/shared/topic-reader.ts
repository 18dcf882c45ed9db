import {
  type _Record,
  DescribeStreamSummaryCommand,
  GetRecordsCommand,
  GetShardIteratorCommand,
  InvalidArgumentException,
  KinesisClient,
  ListShardsCommand,
} from '@aws-sdk/client-kinesis';
import type { TopicPlace, TopicReader, TopicRecord } from '../../core/fdi/topic-reader.ts';
import { paddedSequence } from '../../core/mqs/sequence-number.ts';

const HOUR_MS = 3_600_000;
/** A shard answers an empty page where it holds nothing for a while; so many in a row it does not have. */
const MAX_PAGES = 500;

let client: KinesisClient | undefined;

/** Topics (Kinesis streams), read beside their consumers: a shard answers five reads a second, all readers together, so refusals are waited out. */
export function topicReader(): TopicReader {
  client ??= new KinesisClient({ maxAttempts: 8 });
  const kinesis = client;

  return {
    async describe(StreamARN) {
      const { StreamDescriptionSummary } = await kinesis.send(new DescribeStreamSummaryCommand({ StreamARN }));
      const { StreamCreationTimestamp, RetentionPeriodHours = 24 } = StreamDescriptionSummary ?? {};

      return { createdAt: StreamCreationTimestamp?.getTime() ?? 0, retentionMs: RetentionPeriodHours * HOUR_MS };
    },

    async shards(StreamARN) {
      const shards: string[] = [];
      let NextToken: string | undefined;
      do {
        const page = await kinesis.send(new ListShardsCommand(NextToken === undefined ? { StreamARN } : { NextToken }));
        shards.push(...(page.Shards ?? []).map(({ ShardId = '' }) => ShardId));
        NextToken = page.NextToken;
      } while (NextToken !== undefined);

      return shards;
    },

    async *pages(StreamARN, ShardId, from, Limit) {
      let ShardIterator = await iteratorAt(kinesis, { StreamARN, ShardId }, from);
      for (let page = 0; ShardIterator !== undefined && page < MAX_PAGES; page += 1) {
        const answer = await kinesis.send(new GetRecordsCommand({ StreamARN, ShardIterator, Limit }));
        yield (answer.Records ?? []).map(recordOf);
        ShardIterator = answer.MillisBehindLatest === 0 ? undefined : answer.NextShardIterator;
      }
    },
  };
}

/**
 * A place in a stream that was deleted and made again under its name is refused: what the new one holds came later, all of it. (Its
 * sequence numbers are greater too, as they begin with the time their shard was made; docs/aws-assumptions.md.)
 */
async function iteratorAt(
  kinesis: KinesisClient,
  shard: { readonly StreamARN: string; readonly ShardId: string },
  from: TopicPlace,
): Promise<string | undefined> {
  try {
    return (await kinesis.send(new GetShardIteratorCommand({ ...shard, ...startOf(from) }))).ShardIterator;
  } catch (error) {
    const isForeign = error instanceof InvalidArgumentException && from !== 'oldest' && 'after' in from;
    if (!isForeign) {
      throw error;
    }

    return (await kinesis.send(new GetShardIteratorCommand({ ...shard, ...startOf('oldest') }))).ShardIterator;
  }
}

function startOf(from: TopicPlace) {
  if (from === 'oldest') {
    return { ShardIteratorType: 'TRIM_HORIZON' as const };
  }

  return 'at' in from
    ? { ShardIteratorType: 'AT_TIMESTAMP' as const, Timestamp: new Date(from.at) }
    : {
        ShardIteratorType: 'AFTER_SEQUENCE_NUMBER' as const,
        StartingSequenceNumber: from.after.replace(/^0+(?=\d)/, ''),
      };
}

function recordOf(
  record: Pick<_Record, 'SequenceNumber' | 'ApproximateArrivalTimestamp' | 'PartitionKey'>,
): TopicRecord {
  return {
    sequence: paddedSequence(record.SequenceNumber ?? ''),
    arrivedAt: record.ApproximateArrivalTimestamp?.getTime() ?? 0,
    partitionKey: record.PartitionKey ?? '',
  };
}
