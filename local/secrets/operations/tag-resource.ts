import { operation, SECRET_ID, TAGS, type TagsInput, tagsOf } from '../operation.ts';

interface TagResource extends TagsInput {
  readonly SecretId: string;
}

export const tagResource = operation<TagResource>('TagResource', {
  input: { SecretId: SECRET_ID, Tags: { ...TAGS, required: true } },
  async run({ SecretId, ...input }, store) {
    const secret = store.get(SecretId);
    await store.change(secret, { tags: { ...secret.tags, ...tagsOf(input) } });

    return {};
  },
});
