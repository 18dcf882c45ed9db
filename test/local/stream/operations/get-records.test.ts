import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { base64, type Kinesis, kinesis } from '../kinesis.ts';

const ARN = 'arn:aws:kinesis:us-east-1:000000000000:stream/Events';
let aws: Kinesis;

beforeEach(async () => {
  aws = await kinesis();
  await aws.call('CreateStream', { StreamName: 'Events', ShardCount: 1 });
});

afterEach(() => aws.stop());

const ShardId = 'shardId-000000000000';
const iterator = async (ShardIteratorType = 'TRIM_HORIZON', shard = ShardId) =>
  (await aws.call('GetShardIterator', { StreamName: 'Events', ShardId: shard, ShardIteratorType })).ShardIterator;
const put = (...texts: string[]) =>
  aws.call('PutRecords', {
    StreamName: 'Events',
    Records: texts.map((text) => ({ Data: base64(text), PartitionKey: 'k' })),
  });

test('the next iterator goes on where the answer ended', async () => {
  await put('a', 'b', 'c');
  const first = await aws.call('GetRecords', { ShardIterator: await iterator(), Limit: 2 });
  aws.clock.now += 700;
  const second = await aws.call('GetRecords', { ShardIterator: first.NextShardIterator, Limit: 2 });
  const third = await aws.call('GetRecords', { ShardIterator: second.NextShardIterator });

  expect(first.Records).toEqual([
    {
      SequenceNumber: expect.stringMatching(/^\d{56}$/),
      ApproximateArrivalTimestamp: (aws.clock.now - 700) / 1000,
      Data: base64('a'),
      PartitionKey: 'k',
      EncryptionType: 'NONE',
    },
    expect.objectContaining({ Data: base64('b') }),
  ]);
  expect(first.MillisBehindLatest).toBe(0);
  expect(second.Records.map(({ Data }: { Data: string }) => Data)).toEqual([base64('c')]);
  expect(third).toMatchObject({ Records: [], MillisBehindLatest: 0, NextShardIterator: expect.any(String) });
});

test('a reader that is behind learns by how much', async () => {
  await put('a', 'b');
  aws.clock.now += 5_000;

  expect((await aws.call('GetRecords', { ShardIterator: await iterator(), Limit: 1 })).MillisBehindLatest).toBe(5_000);
});

test('a closed shard ends after its last record and names its children', async () => {
  await put('a');
  await aws.call('SplitShard', { StreamName: 'Events', ShardToSplit: ShardId, NewStartingHashKey: '1000' });

  const answer = await aws.call('GetRecords', { ShardIterator: await iterator() });

  expect(answer.Records).toHaveLength(1);
  expect(answer.NextShardIterator).toBeUndefined();
  expect(
    answer.ChildShards.map((child: { ShardId: string; ParentShards: string[] }) => [child.ShardId, child.ParentShards]),
  ).toEqual([
    ['shardId-000000000001', [ShardId]],
    ['shardId-000000000002', [ShardId]],
  ]);
});

test('five calls a second and shard', async () => {
  const ShardIterator = await iterator();
  for (let call = 0; call < 5; call++) await aws.call('GetRecords', { ShardIterator });

  expect((await aws.refused('GetRecords', { ShardIterator })).code).toBe('ProvisionedThroughputExceededException');
  aws.clock.now += 200;
  await aws.call('GetRecords', { ShardIterator });
});

test('two megabytes a second and shard: a large answer is followed by refusals', async () => {
  for (let second = 0; second < 4; second++) {
    await put('x'.repeat(1_000_000));
    aws.clock.now += 1_000;
  }
  const ShardIterator = await iterator();

  expect((await aws.call('GetRecords', { ShardIterator })).Records).toHaveLength(4);
  aws.clock.now += 900;
  expect((await aws.refused('GetRecords', { ShardIterator })).code).toBe('ProvisionedThroughputExceededException');
  aws.clock.now += 200;
  expect((await aws.call('GetRecords', { ShardIterator })).Records).toHaveLength(4);
});

test('records older than the retention are not read', async () => {
  await put('old');
  const ShardIterator = await iterator();
  aws.clock.now += 24 * 3_600_000 + 1;
  await put('new');

  expect((await aws.refused('GetRecords', { ShardIterator })).code).toBe('ExpiredIteratorException');
  const { Records } = await aws.call('GetRecords', { ShardIterator: await iterator() });
  expect(Records.map(({ Data }: { Data: string }) => Data)).toEqual([base64('new')]);
});

test('the permission is asked for the stream the iterator names', async () => {
  expect(aws.needs('GetRecords', { ShardIterator: await iterator() })).toEqual([
    { action: 'kinesis:GetRecords', resource: ARN },
  ]);
});

test('an iterator of a deleted namesake reads nothing of the new stream', async () => {
  const ShardIterator = await iterator();
  await aws.call('DeleteStream', { StreamName: 'Events' });
  aws.clock.now += 1_000;
  await aws.call('CreateStream', { StreamName: 'Events', ShardCount: 1 });

  expect((await aws.refused('GetRecords', { ShardIterator })).code).toBe('ResourceNotFoundException');
});

test.each([[{ ShardIterator: 'nonsense' }], [{ ShardIterator: 'x', Limit: 10_001 }], [{}]])(
  '%j is refused',
  async (input) => {
    expect((await aws.refused('GetRecords', input)).code).toMatch(/InvalidArgumentException|ValidationException/);
  },
);
