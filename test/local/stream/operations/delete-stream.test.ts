import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { type Kinesis, kinesis } from '../kinesis.ts';

const ARN = 'arn:aws:kinesis:us-east-1:000000000000:stream/Events';
let aws: Kinesis;

beforeEach(async () => {
  aws = await kinesis();
  await aws.call('CreateStream', { StreamName: 'Events', ShardCount: 1 });
});

afterEach(() => aws.stop());

test('a deleted stream is gone, and its name is free', async () => {
  await aws.call('DeleteStream', { StreamARN: ARN });

  expect(await aws.refused('DescribeStream', { StreamName: 'Events' })).toEqual({
    code: 'ResourceNotFoundException',
    message: 'Stream Events under account 000000000000 not found.',
  });
  await aws.call('CreateStream', { StreamName: 'Events', ShardCount: 1 });
});

test('a stream with consumers is deleted only when told so', async () => {
  await aws.call('RegisterStreamConsumer', { StreamARN: ARN, ConsumerName: 'reader' });

  expect((await aws.refused('DeleteStream', { StreamName: 'Events' })).code).toBe('ResourceInUseException');
  await aws.call('DeleteStream', { StreamName: 'Events', EnforceConsumerDeletion: true });
});
