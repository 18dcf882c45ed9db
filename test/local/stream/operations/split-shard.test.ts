import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { type Kinesis, kinesis } from '../kinesis.ts';

const ARN = 'arn:aws:kinesis:us-east-1:000000000000:stream/Events';
let aws: Kinesis;

beforeEach(async () => {
  aws = await kinesis();
  await aws.call('CreateStream', { StreamName: 'Events', ShardCount: 1 });
});

afterEach(() => aws.stop());

const split = (ShardToSplit: string, NewStartingHashKey: string) =>
  aws.refused('SplitShard', { StreamARN: ARN, ShardToSplit, NewStartingHashKey });

test('a shard is closed and two children share its keys', async () => {
  await split('shardId-000000000000', '1000');

  const { Shards } = await aws.call('ListShards', { StreamName: 'Events' });
  expect(Shards).toMatchObject([
    {
      ShardId: 'shardId-000000000000',
      SequenceNumberRange: { EndingSequenceNumber: expect.stringMatching(/^\d{56}$/) },
    },
    { ParentShardId: 'shardId-000000000000', HashKeyRange: { StartingHashKey: '0', EndingHashKey: '999' } },
    {
      ParentShardId: 'shardId-000000000000',
      HashKeyRange: { StartingHashKey: '1000', EndingHashKey: `${2n ** 128n - 1n}` },
    },
  ]);
});

test('a closed shard, or a key outside of the shard, is refused', async () => {
  expect((await split('shardId-000000000000', '1')).code).toBe('InvalidArgumentException');
  await split('shardId-000000000000', '1000');

  expect((await split('shardId-000000000000', '1000')).code).toBe('InvalidArgumentException');
  expect((await split('shardId-000000000001', '5000')).code).toBe('InvalidArgumentException');
  expect((await split('shardId-000000000009', '5')).code).toBe('ResourceNotFoundException');
});
