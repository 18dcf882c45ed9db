import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { type Kinesis, kinesis } from '../kinesis.ts';

let aws: Kinesis;

beforeEach(async () => {
  aws = await kinesis();
});

afterEach(() => aws.stop());

const ids = (answer: { Shards: { ShardId: string }[] }) =>
  answer.Shards.map(({ ShardId }) => Number(ShardId.slice(-2)));

beforeEach(() => aws.call('CreateStream', { StreamName: 'Events', ShardCount: 2 }));

test('shards are listed page by page; a token stands for the stream', async () => {
  const first = await aws.call('ListShards', { StreamName: 'Events', MaxResults: 1 });
  const second = await aws.call('ListShards', { NextToken: first.NextToken, MaxResults: 1 });

  expect([ids(first), ids(second)]).toEqual([[0], [1]]);
  expect(second.NextToken).toBeUndefined();
  expect(aws.needs('ListShards', { NextToken: first.NextToken })).toEqual([
    { action: 'kinesis:ListShards', resource: 'arn:aws:kinesis:us-east-1:000000000000:stream/Events' },
  ]);
  expect((await aws.refused('ListShards', { StreamName: 'Events', NextToken: first.NextToken })).code).toBe(
    'InvalidArgumentException',
  );
});

test('a filter chooses the shards of a moment', async () => {
  const before = aws.clock.now;
  aws.clock.now += 60_000;
  await aws.call('UpdateShardCount', { StreamName: 'Events', TargetShardCount: 4, ScalingType: 'UNIFORM_SCALING' });
  aws.clock.now += 60_000;
  const list = async (ShardFilter: object) => ids(await aws.call('ListShards', { StreamName: 'Events', ShardFilter }));

  expect(await list({ Type: 'FROM_TRIM_HORIZON' })).toEqual([0, 1, 2, 3, 4, 5]);
  expect(await list({ Type: 'AT_TRIM_HORIZON' })).toEqual([0, 1]);
  expect(await list({ Type: 'AT_LATEST' })).toEqual([2, 3, 4, 5]);
  expect(await list({ Type: 'AFTER_SHARD_ID', ShardId: 'shardId-000000000003' })).toEqual([4, 5]);
  expect(await list({ Type: 'AT_TIMESTAMP', Timestamp: before / 1000 + 1 })).toEqual([0, 1]);
  expect(await list({ Type: 'FROM_TIMESTAMP', Timestamp: before / 1000 + 90 })).toEqual([2, 3, 4, 5]);
});

test.each([[{ Type: 'AT_TIMESTAMP' }], [{ Type: 'AFTER_SHARD_ID' }]])(
  'the filter %j lacks something',
  async (ShardFilter) => {
    expect((await aws.refused('ListShards', { StreamName: 'Events', ShardFilter })).code).toBe(
      'InvalidArgumentException',
    );
  },
);
