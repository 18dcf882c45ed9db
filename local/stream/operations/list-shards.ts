import { AwsError } from '../../errors.ts';
import { describeShard } from '../description.ts';
import { operation, SHARD_ID, STREAM, type StreamReference, streamArn, streamId } from '../operation.ts';
import { decodeToken, encodeToken, pageAfter } from '../page.ts';
import type { Shard } from '../shard.ts';
import type { Stream } from '../stream.ts';

interface ShardFilter {
  readonly Type:
    | 'AFTER_SHARD_ID'
    | 'AT_TRIM_HORIZON'
    | 'FROM_TRIM_HORIZON'
    | 'AT_LATEST'
    | 'AT_TIMESTAMP'
    | 'FROM_TIMESTAMP';
  readonly ShardId?: string;
  readonly Timestamp?: number;
}

interface ListShards extends StreamReference {
  readonly NextToken?: string;
  readonly ExclusiveStartShardId?: string;
  readonly MaxResults?: number;
  readonly ShardFilter?: ShardFilter;
}

export const listShards = operation<ListShards>('ListShards', {
  input: {
    ...STREAM,
    NextToken: { type: 'string', min: 1, max: 1_048_576 },
    ExclusiveStartShardId: SHARD_ID,
    MaxResults: { type: 'integer', min: 1, max: 10_000 },
    ShardFilter: {
      type: 'structure',
      members: {
        Type: {
          type: 'string',
          required: true,
          enum: [
            'AFTER_SHARD_ID',
            'AT_TRIM_HORIZON',
            'FROM_TRIM_HORIZON',
            'AT_LATEST',
            'AT_TIMESTAMP',
            'FROM_TIMESTAMP',
          ],
        },
        ShardId: SHARD_ID,
        Timestamp: { type: 'timestamp' },
      },
    },
  },
  resource: (input) => streamArn(continued(input)),
  async run(input, store) {
    const { after, filter, ...reference } = continued(input);
    const stream = store.get(streamId(reference));
    const shards = stream.shards.filter(filtered(stream, filter));
    const page = pageAfter(shards, (shard) => shard.id, after, input.MaxResults ?? 1000);

    return {
      Shards: page.items.map(describeShard),
      ...(page.next !== undefined && {
        NextToken: encodeToken({
          stream: stream.arn,
          after: page.next,
          ...(filter !== undefined && { filter: JSON.stringify(filter) }),
        }),
      }),
    };
  },
});

/** A token stands alone: with it, the stream is not named again. */
function continued(input: ListShards): StreamReference & { after?: string; filter?: ShardFilter } {
  const { NextToken, ExclusiveStartShardId, ShardFilter, StreamName, StreamARN } = input;
  if (NextToken === undefined) {
    return {
      ...(StreamName !== undefined && { StreamName }),
      ...(StreamARN !== undefined && { StreamARN }),
      ...(ExclusiveStartShardId !== undefined && { after: ExclusiveStartShardId }),
      ...(ShardFilter !== undefined && { filter: ShardFilter }),
    };
  }
  if (StreamName !== undefined || ExclusiveStartShardId !== undefined) {
    throw new AwsError(
      'InvalidArgumentException',
      'NextToken and StreamName or ExclusiveStartShardId cannot be provided together.',
    );
  }
  const { stream = '', after = '', filter } = decodeToken(NextToken);

  return { StreamARN: stream, after, ...(filter !== undefined && { filter: JSON.parse(filter) as ShardFilter }) };
}

/** A closed shard counts as long as it was open, or holds records, at the time in question. */
function filtered(stream: Stream, filter: ShardFilter | undefined): (shard: Shard) => boolean {
  if (filter === undefined || filter.Type === 'FROM_TRIM_HORIZON') return () => true;
  if (filter.Type === 'AFTER_SHARD_ID') {
    const { ShardId } = filter;
    if (ShardId === undefined)
      throw new AwsError('InvalidArgumentException', 'ShardId is required for AFTER_SHARD_ID.');
    return (shard) => shard.id > ShardId;
  }
  if (filter.Type === 'AT_LATEST') return (shard) => shard.isOpen;
  const time = filter.Type === 'AT_TRIM_HORIZON' ? Math.max(stream.horizon, stream.state.created) : filter.Timestamp;
  if (time === undefined) {
    throw new AwsError('InvalidArgumentException', `Timestamp is required for ${filter.Type}.`);
  }
  const millis = filter.Type === 'AT_TRIM_HORIZON' ? time : time * 1000;
  const closedAfter = (shard: Shard) => (shard.state.closed ?? Number.POSITIVE_INFINITY) >= millis;
  if (filter.Type === 'FROM_TIMESTAMP') return closedAfter;

  return (shard) => closedAfter(shard) && shard.state.created * 1000 <= millis;
}
