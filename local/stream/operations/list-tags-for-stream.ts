import { operation, STREAM, type StreamReference, streamId } from '../operation.ts';
import { pageAfter } from '../page.ts';

interface ListTagsForStream extends StreamReference {
  readonly ExclusiveStartTagKey?: string;
  readonly Limit?: number;
}

export const listTagsForStream = operation<ListTagsForStream>('ListTagsForStream', {
  input: {
    ...STREAM,
    ExclusiveStartTagKey: { type: 'string', min: 1, max: 128 },
    Limit: { type: 'integer', min: 1, max: 50 },
  },
  async run({ ExclusiveStartTagKey, Limit = 50, ...reference }, store) {
    const { tags } = store.get(streamId(reference)).state;
    const sorted = Object.entries(tags).sort(([a], [b]) => (a < b ? -1 : 1));
    const page = pageAfter(sorted, ([key]) => key, ExclusiveStartTagKey, Limit);

    return { Tags: page.items.map(([Key, Value]) => ({ Key, Value })), HasMoreTags: page.next !== undefined };
  },
});
