import { describeStream as describe, describeShard } from '../description.ts';
import { operation, SHARD_ID, STREAM, type StreamReference, streamId } from '../operation.ts';
import { pageAfter } from '../page.ts';

interface DescribeStream extends StreamReference {
  readonly Limit?: number;
  readonly ExclusiveStartShardId?: string;
}

export const describeStream = operation<DescribeStream>('DescribeStream', {
  input: { ...STREAM, Limit: { type: 'integer', min: 1, max: 10_000 }, ExclusiveStartShardId: SHARD_ID },
  async run(input, store) {
    const stream = store.get(streamId(input));
    const page = pageAfter(stream.shards, (shard) => shard.id, input.ExclusiveStartShardId, input.Limit ?? 100);

    return {
      StreamDescription: {
        ...describe(stream),
        Shards: page.items.map(describeShard),
        HasMoreShards: page.next !== undefined,
      },
    };
  },
});
