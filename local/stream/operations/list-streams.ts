import { describeStream } from '../description.ts';
import { NAME, operation } from '../operation.ts';
import { decodeToken, encodeToken, pageAfter } from '../page.ts';

interface ListStreams {
  readonly Limit?: number;
  readonly ExclusiveStartStreamName?: string;
  readonly NextToken?: string;
}

export const listStreams = operation<ListStreams>('ListStreams', {
  input: {
    Limit: { type: 'integer', min: 1, max: 10_000 },
    ExclusiveStartStreamName: NAME,
    NextToken: { type: 'string', min: 1, max: 1_048_576 },
  },
  resource: () => '*',
  async run({ Limit = 100, ExclusiveStartStreamName, NextToken }, store) {
    const after = NextToken === undefined ? ExclusiveStartStreamName : decodeToken(NextToken)['after'];
    const page = pageAfter(store.all(), (stream) => stream.name, after, Limit);

    return {
      StreamNames: page.items.map((stream) => stream.name),
      StreamSummaries: page.items.map((stream) => {
        const { StreamName, StreamARN, StreamStatus, StreamModeDetails, StreamCreationTimestamp } =
          describeStream(stream);
        return { StreamName, StreamARN, StreamStatus, StreamModeDetails, StreamCreationTimestamp };
      }),
      HasMoreStreams: page.next !== undefined,
      ...(page.next !== undefined && { NextToken: encodeToken({ after: page.next }) }),
    };
  },
});
