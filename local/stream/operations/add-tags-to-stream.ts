import { AwsError } from '../../errors.ts';
import { operation, STREAM, type StreamReference, streamId } from '../operation.ts';

interface AddTagsToStream extends StreamReference {
  readonly Tags: Readonly<Record<string, string>>;
}

const MAXIMUM = 50;

export const addTagsToStream = operation<AddTagsToStream>('AddTagsToStream', {
  input: { ...STREAM, Tags: { type: 'map', required: true, max: 200 } },
  async run({ Tags, ...reference }, store) {
    await store.get(streamId(reference)).change((state) => {
      const tags = { ...state.tags, ...Tags };
      if (Object.keys(tags).length > MAXIMUM) {
        throw new AwsError(
          'InvalidArgumentException',
          `Failed to add tags to stream ${state.name} because a given stream cannot have more than ${MAXIMUM} tags associated with it.`,
        );
      }
      return { tags };
    });

    return {};
  },
});
