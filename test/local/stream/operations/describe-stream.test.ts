import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { type Kinesis, kinesis } from '../kinesis.ts';

const ARN = 'arn:aws:kinesis:us-east-1:000000000000:stream/Events';
let aws: Kinesis;

beforeEach(async () => {
  aws = await kinesis();
  await aws.call('CreateStream', { StreamName: 'Events', ShardCount: 1 });
});

afterEach(() => aws.stop());

test('a stream is described page by page', async () => {
  await aws.call('CreateStream', { StreamName: 'Wide', ShardCount: 3 });

  const first = await aws.call('DescribeStream', { StreamName: 'Wide', Limit: 2 });
  const second = await aws.call('DescribeStream', {
    StreamName: 'Wide',
    Limit: 2,
    ExclusiveStartShardId: 'shardId-000000000001',
  });

  expect(first.StreamDescription.HasMoreShards).toBe(true);
  expect(second.StreamDescription).toMatchObject({
    StreamARN: 'arn:aws:kinesis:us-east-1:000000000000:stream/Wide',
    RetentionPeriodHours: 24,
    StreamCreationTimestamp: aws.clock.now / 1000,
    HasMoreShards: false,
    Shards: [
      {
        ShardId: 'shardId-000000000002',
        SequenceNumberRange: { StartingSequenceNumber: expect.stringMatching(/^\d{56}$/) },
      },
    ],
  });
});

test('the permission is asked for the ARN, however the stream is named', () => {
  const need = [{ action: 'kinesis:DescribeStream', resource: ARN }];

  expect(aws.needs('DescribeStream', { StreamName: 'Events' })).toEqual(need);
  expect(aws.needs('DescribeStream', { StreamARN: ARN })).toEqual(need);
});

test('a stream must be named', async () => {
  expect(await aws.refused('DescribeStream', {})).toEqual({
    code: 'InvalidArgumentException',
    message: 'StreamName or StreamARN must be specified.',
  });
});

test('an ARN of another account or region is not found here', async () => {
  const StreamARN = 'arn:aws:kinesis:eu-west-1:000000000000:stream/Events';

  expect((await aws.refused('DescribeStream', { StreamARN })).code).toBe('ResourceNotFoundException');
});
