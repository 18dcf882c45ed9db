import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { base64, everything, type Kinesis, kinesis } from '../kinesis.ts';

const ARN = 'arn:aws:kinesis:us-east-1:000000000000:stream/Events';
let aws: Kinesis;

beforeEach(async () => {
  aws = await kinesis();
  await aws.call('CreateStream', { StreamName: 'Events', ShardCount: 1 });
});

afterEach(() => aws.stop());

test('a record is read as it was put', async () => {
  const answer = await aws.call('PutRecord', { StreamARN: ARN, Data: base64('grüße'), PartitionKey: 'k' });

  expect(answer).toEqual({
    ShardId: 'shardId-000000000000',
    SequenceNumber: expect.stringMatching(/^\d{56}$/),
    EncryptionType: 'NONE',
  });
  expect(await everything(aws, 'Events')).toEqual(['grüße']);
});

test('an explicit hash key chooses the shard against the partition key', async () => {
  await aws.call('CreateStream', { StreamName: 'Wide', ShardCount: 2 });
  const put = async (ExplicitHashKey: string) =>
    (await aws.call('PutRecord', { StreamName: 'Wide', Data: '', PartitionKey: 'k', ExplicitHashKey })).ShardId;

  expect(await put('0')).toBe('shardId-000000000000');
  expect(await put(`${2n ** 128n - 1n}`)).toBe('shardId-000000000001');
});

test.each([
  [{ PartitionKey: 'k' }, 'ValidationException', "Value null at 'data'"],
  [{ Data: base64('x') }, 'ValidationException', "Value null at 'partitionKey'"],
  [{ Data: base64('x'), PartitionKey: 'k'.repeat(257) }, 'ValidationException', 'length less than or equal to 256'],
  [{ Data: 'no base64!', PartitionKey: 'k' }, 'SerializationException', 'can not be converted to a Blob'],
  [{ Data: base64('x'.repeat(1 << 20)), PartitionKey: 'k' }, 'ValidationException', 'less than or equal to 1048576'],
  [{ Data: '', PartitionKey: 'k', ExplicitHashKey: '01' }, 'ValidationException', 'regular expression pattern'],
  [
    { Data: '', PartitionKey: 'k', ExplicitHashKey: `${2n ** 128n}` },
    'InvalidArgumentException',
    'Invalid ExplicitHashKey.',
  ],
  [{ Data: '', PartitionKey: 'k', DryRun: true }, 'DryRunOperationException', 'the DryRun parameter was specified'],
])('a record that cannot be is refused: case %#', async (input, code, message) => {
  const refusal = await aws.refused('PutRecord', { StreamName: 'Events', ...input });

  expect(refusal.code).toBe(code);
  expect(refusal.message).toContain(message);
  expect(await everything(aws, 'Events')).toEqual([]);
});

test('a shard takes 1 MiB a second', async () => {
  const put = () =>
    aws.refused('PutRecord', { StreamName: 'Events', Data: base64('x'.repeat(600_000)), PartitionKey: 'k' });
  await put();

  expect(await put()).toEqual({
    code: 'ProvisionedThroughputExceededException',
    message: 'Rate exceeded for shard shardId-000000000000 in stream Events under account 000000000000.',
  });
  aws.clock.now += 1_000;
  expect((await put()).code).toBe('none');
});
