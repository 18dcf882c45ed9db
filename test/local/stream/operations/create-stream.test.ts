import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { type Kinesis, kinesis } from '../kinesis.ts';

let aws: Kinesis;

beforeEach(async () => {
  aws = await kinesis();
});

afterEach(() => aws.stop());

test('a stream has the shards it was created with', async () => {
  await aws.call('CreateStream', { StreamName: 'Events', ShardCount: 2, Tags: { team: 'parking' } });

  const { StreamDescription } = await aws.call('DescribeStream', { StreamName: 'Events' });
  const half = 2n ** 127n;
  expect(StreamDescription).toMatchObject({ StreamStatus: 'ACTIVE', StreamModeDetails: { StreamMode: 'PROVISIONED' } });
  expect(StreamDescription.Shards.map((shard: { HashKeyRange: unknown }) => shard.HashKeyRange)).toEqual([
    { StartingHashKey: '0', EndingHashKey: `${half - 1n}` },
    { StartingHashKey: `${half}`, EndingHashKey: `${half * 2n - 1n}` },
  ]);
  expect((await aws.call('ListTagsForStream', { StreamName: 'Events' })).Tags).toEqual([
    { Key: 'team', Value: 'parking' },
  ]);
});

test('without a shard count a stream is on demand, with four shards', async () => {
  await aws.call('CreateStream', { StreamName: 'Events' });

  const { StreamDescriptionSummary } = await aws.call('DescribeStreamSummary', { StreamName: 'Events' });
  expect(StreamDescriptionSummary).toMatchObject({ OpenShardCount: 4, StreamModeDetails: { StreamMode: 'ON_DEMAND' } });
});

test('a name is taken once', async () => {
  await aws.call('CreateStream', { StreamName: 'Events' });

  expect(await aws.refused('CreateStream', { StreamName: 'Events' })).toEqual({
    code: 'ResourceInUseException',
    message: 'Stream Events under account 000000000000 already exists.',
  });
});

test.each([
  [{}, 'ValidationException', "Value null at 'streamName' failed to satisfy constraint: Member must not be null"],
  [{ StreamName: 'a b' }, 'ValidationException', 'Member must satisfy regular expression pattern: [a-zA-Z0-9_.-]+'],
  [{ StreamName: 'x'.repeat(129) }, 'ValidationException', 'Member must have length less than or equal to 128'],
  [{ StreamName: 'a', ShardCount: 0 }, 'ValidationException', "Value '0' at 'shardCount' failed to satisfy constraint"],
  [
    { StreamName: 'a', MaxRecordSizeInKiB: 10_241 },
    'ValidationException',
    'Member must have value less than or equal to 10240',
  ],
  [
    { StreamName: 'a', StreamModeDetails: { StreamMode: 'FAST' } },
    'ValidationException',
    "at 'streamModeDetails.streamMode'",
  ],
  [{ StreamName: 1 }, 'SerializationException', 'NUMBER_VALUE can not be converted to a String'],
])('%j is refused with %s', async (input, code, message) => {
  const refusal = await aws.refused('CreateStream', input);

  expect(refusal.code).toBe(code);
  expect(refusal.message).toContain(message);
});

test('a stream called .. stays in its folder', async () => {
  await aws.call('CreateStream', { StreamName: '..', ShardCount: 1 });
  await aws.restart();

  expect((await aws.call('ListStreams')).StreamNames).toEqual(['..']);
});
