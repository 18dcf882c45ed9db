import { describeConsumer } from '../description.ts';
import { operation, STREAM_ARN } from '../operation.ts';
import { decodeToken, encodeToken, pageAfter } from '../page.ts';

interface ListStreamConsumers {
  readonly StreamARN: string;
  readonly NextToken?: string;
  readonly MaxResults?: number;
}

export const listStreamConsumers = operation<ListStreamConsumers>('ListStreamConsumers', {
  input: {
    StreamARN: { ...STREAM_ARN, required: true },
    NextToken: { type: 'string', min: 1, max: 1_048_576 },
    MaxResults: { type: 'integer', min: 1, max: 10_000 },
  },
  async run({ StreamARN, NextToken, MaxResults = 100 }, store) {
    const stream = store.get(StreamARN);
    const consumers = stream.state.consumers.toSorted((a, b) => (a.name < b.name ? -1 : 1));
    const after = NextToken === undefined ? undefined : decodeToken(NextToken)['after'];
    const page = pageAfter(consumers, ({ name }) => name, after, MaxResults);

    return {
      Consumers: page.items.map((consumer) => describeConsumer(stream, consumer)),
      ...(page.next !== undefined && { NextToken: encodeToken({ after: page.next }) }),
    };
  },
});
