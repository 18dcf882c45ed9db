import { describeStream } from '../description.ts';
import { operation, STREAM, type StreamReference, streamId } from '../operation.ts';

export const describeStreamSummary = operation<StreamReference>('DescribeStreamSummary', {
  input: STREAM,
  async run(input, store) {
    const stream = store.get(streamId(input));

    return {
      StreamDescriptionSummary: {
        ...describeStream(stream),
        OpenShardCount: stream.openShards.length,
        ConsumerCount: stream.state.consumers.length,
        MaxRecordSizeInKiB: stream.state.maxRecordKiB,
      },
    };
  },
});
