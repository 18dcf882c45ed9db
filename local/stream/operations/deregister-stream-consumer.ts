import { CONSUMER, type ConsumerReference, consumerResource, findConsumer } from '../consumer-reference.ts';
import { operation } from '../operation.ts';

export const deregisterStreamConsumer = operation<ConsumerReference>('DeregisterStreamConsumer', {
  input: CONSUMER,
  resource: consumerResource,
  async run(input, store) {
    const { stream, consumer } = findConsumer(store, input);
    await stream.change(({ consumers }) => ({ consumers: consumers.filter(({ name }) => name !== consumer.name) }));

    return {};
  },
});
