import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { type Kinesis, kinesis } from '../kinesis.ts';

const ARN = 'arn:aws:kinesis:us-east-1:000000000000:stream/Events';
let aws: Kinesis;

beforeEach(async () => {
  aws = await kinesis();
  await aws.call('CreateStream', { StreamName: 'Events', ShardCount: 1 });
});

afterEach(() => aws.stop());

test('a consumer is registered and found by its ARN or by its name', async () => {
  const { Consumer } = await aws.call('RegisterStreamConsumer', { StreamARN: ARN, ConsumerName: 'reader' });

  const byArn = await aws.call('DescribeStreamConsumer', { ConsumerARN: Consumer.ConsumerARN });
  const byName = await aws.call('DescribeStreamConsumer', { StreamARN: ARN, ConsumerName: 'reader' });

  expect(Consumer.ConsumerARN).toBe(`${ARN}/consumer/reader:${aws.clock.now / 1000}`);
  expect(byArn).toEqual(byName);
  expect(byArn.ConsumerDescription).toEqual({ ...Consumer, StreamARN: ARN });
});

test('a name is registered once, and a stream has at most 20 consumers', async () => {
  const register = (name: string) => aws.refused('RegisterStreamConsumer', { StreamARN: ARN, ConsumerName: name });
  for (let index = 0; index < 20; index++) await register(`reader-${index}`);

  expect((await register('reader-0')).code).toBe('ResourceInUseException');
  expect((await register('reader-20')).code).toBe('LimitExceededException');
});
