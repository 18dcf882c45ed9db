import { operation, STREAM, type StreamReference, streamId } from '../operation.ts';

interface RemoveTagsFromStream extends StreamReference {
  readonly TagKeys: readonly string[];
}

export const removeTagsFromStream = operation<RemoveTagsFromStream>('RemoveTagsFromStream', {
  input: {
    ...STREAM,
    TagKeys: { type: 'list', required: true, min: 1, max: 50, member: { type: 'string', min: 1, max: 128 } },
  },
  async run({ TagKeys, ...reference }, store) {
    await store.get(streamId(reference)).change(({ tags }) => ({
      tags: Object.fromEntries(Object.entries(tags).filter(([key]) => !TagKeys.includes(key))),
    }));

    return {};
  },
});
