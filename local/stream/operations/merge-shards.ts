import { operation, SHARD_ID, STREAM, type StreamReference, streamId } from '../operation.ts';
import { mergeShards as merge } from '../reshard.ts';

interface MergeShards extends StreamReference {
  readonly ShardToMerge: string;
  readonly AdjacentShardToMerge: string;
}

export const mergeShards = operation<MergeShards>('MergeShards', {
  input: {
    ...STREAM,
    ShardToMerge: { ...SHARD_ID, required: true },
    AdjacentShardToMerge: { ...SHARD_ID, required: true },
  },
  async run({ ShardToMerge, AdjacentShardToMerge, ...reference }, store) {
    const stream = store.get(streamId(reference));
    await stream.exclusively(() => merge(stream, stream.shard(ShardToMerge), stream.shard(AdjacentShardToMerge)));

    return {};
  },
});
