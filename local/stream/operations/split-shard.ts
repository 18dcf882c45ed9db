import { HASH_KEY, operation, SHARD_ID, STREAM, type StreamReference, streamId } from '../operation.ts';
import { splitShard as split } from '../reshard.ts';

interface SplitShard extends StreamReference {
  readonly ShardToSplit: string;
  readonly NewStartingHashKey: string;
}

export const splitShard = operation<SplitShard>('SplitShard', {
  input: {
    ...STREAM,
    ShardToSplit: { ...SHARD_ID, required: true },
    NewStartingHashKey: { ...HASH_KEY, required: true },
  },
  async run({ ShardToSplit, NewStartingHashKey, ...reference }, store) {
    const stream = store.get(streamId(reference));
    await stream.exclusively(() => split(stream, stream.shard(ShardToSplit), BigInt(NewStartingHashKey)));

    return {};
  },
});
