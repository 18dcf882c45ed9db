import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { type Kinesis, kinesis } from '../kinesis.ts';

let aws: Kinesis;

beforeEach(async () => {
  aws = await kinesis();
});

afterEach(() => aws.stop());

const merge = (one: string, other: string) =>
  aws.refused('MergeShards', { StreamName: 'Events', ShardToMerge: one, AdjacentShardToMerge: other });

beforeEach(() => aws.call('CreateStream', { StreamName: 'Events', ShardCount: 3 }));

test('two neighbours become one, whichever is named first', async () => {
  expect((await merge('shardId-000000000001', 'shardId-000000000000')).code).toBe('none');

  const { Shards } = await aws.call('ListShards', { StreamName: 'Events', ShardFilter: { Type: 'AT_LATEST' } });
  expect(Shards).toMatchObject([
    { ShardId: 'shardId-000000000002' },
    {
      ShardId: 'shardId-000000000003',
      ParentShardId: 'shardId-000000000001',
      AdjacentParentShardId: 'shardId-000000000000',
      HashKeyRange: { StartingHashKey: '0' },
    },
  ]);
});

test('shards that do not touch are refused', async () => {
  expect((await merge('shardId-000000000000', 'shardId-000000000002')).code).toBe('InvalidArgumentException');
});
