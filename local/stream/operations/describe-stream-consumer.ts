import { CONSUMER, type ConsumerReference, consumerResource, findConsumer } from '../consumer-reference.ts';
import { describeConsumer } from '../description.ts';
import { operation } from '../operation.ts';

export const describeStreamConsumer = operation<ConsumerReference>('DescribeStreamConsumer', {
  input: CONSUMER,
  resource: consumerResource,
  async run(input, store) {
    const { stream, consumer } = findConsumer(store, input);

    return { ConsumerDescription: { ...describeConsumer(stream, consumer), StreamARN: stream.arn } };
  },
});
