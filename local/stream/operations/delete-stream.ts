import { AwsError } from '../../errors.ts';
import { operation, STREAM, type StreamReference, streamId } from '../operation.ts';

interface DeleteStream extends StreamReference {
  readonly EnforceConsumerDeletion?: boolean;
}

export const deleteStream = operation<DeleteStream>('DeleteStream', {
  input: { ...STREAM, EnforceConsumerDeletion: { type: 'boolean' } },
  async run(input, store) {
    const stream = store.get(streamId(input));
    if (stream.state.consumers.length > 0 && input.EnforceConsumerDeletion !== true) {
      throw new AwsError(
        'ResourceInUseException',
        `Stream ${stream.name} has ${stream.state.consumers.length} registered consumers; deregister them or set EnforceConsumerDeletion.`,
      );
    }
    await store.delete(stream);

    return {};
  },
});
