import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { type Kinesis, kinesis } from '../kinesis.ts';

const ARN = 'arn:aws:kinesis:us-east-1:000000000000:stream/Events';
let aws: Kinesis;

beforeEach(async () => {
  aws = await kinesis();
  await aws.call('CreateStream', { StreamName: 'Events', ShardCount: 1 });
});

afterEach(() => aws.stop());

test('an unknown consumer is not found', async () => {
  expect((await aws.refused('DescribeStreamConsumer', { StreamARN: ARN, ConsumerName: 'nobody' })).code).toBe(
    'ResourceNotFoundException',
  );
});

test('the permission is asked for the consumer when it is named by its ARN', () => {
  const ConsumerARN = `${ARN}/consumer/reader:1`;

  expect(aws.needs('DescribeStreamConsumer', { ConsumerARN })).toEqual([
    { action: 'kinesis:DescribeStreamConsumer', resource: ConsumerARN },
  ]);
});

test('a consumer must be named', async () => {
  expect((await aws.refused('DescribeStreamConsumer', {})).code).toBe('InvalidArgumentException');
});
