import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { type Kinesis, kinesis } from '../kinesis.ts';

const ARN = 'arn:aws:kinesis:us-east-1:000000000000:stream/Events';
let aws: Kinesis;

beforeEach(async () => {
  aws = await kinesis();
  await aws.call('CreateStream', { StreamName: 'Events', ShardCount: 1 });
});

afterEach(() => aws.stop());

test('a deregistered consumer is gone', async () => {
  await aws.call('RegisterStreamConsumer', { StreamARN: ARN, ConsumerName: 'reader' });
  await aws.call('DeregisterStreamConsumer', { StreamARN: ARN, ConsumerName: 'reader' });

  expect((await aws.refused('DeregisterStreamConsumer', { StreamARN: ARN, ConsumerName: 'reader' })).code).toBe(
    'ResourceNotFoundException',
  );
});
