import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { type Kinesis, kinesis } from '../kinesis.ts';

const ARN = 'arn:aws:kinesis:us-east-1:000000000000:stream/Events';
let aws: Kinesis;

beforeEach(async () => {
  aws = await kinesis();
  await aws.call('CreateStream', { StreamName: 'Events', ShardCount: 1 });
});

afterEach(() => aws.stop());

test('consumers are listed by name, page by page, also after a restart', async () => {
  for (const ConsumerName of ['b', 'a', 'c'])
    await aws.call('RegisterStreamConsumer', { StreamARN: ARN, ConsumerName });
  await aws.restart();

  const first = await aws.call('ListStreamConsumers', { StreamARN: ARN, MaxResults: 2 });
  const second = await aws.call('ListStreamConsumers', { StreamARN: ARN, NextToken: first.NextToken });
  const names = ({ Consumers }: { Consumers: { ConsumerName: string }[] }) =>
    Consumers.map(({ ConsumerName }) => ConsumerName);

  expect([names(first), names(second)]).toEqual([['a', 'b'], ['c']]);
});
