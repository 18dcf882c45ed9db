import { operation, SECRET_ID } from '../operation.ts';

interface UntagResource {
  readonly SecretId: string;
  readonly TagKeys: readonly string[];
}

export const untagResource = operation<UntagResource>('UntagResource', {
  input: {
    SecretId: SECRET_ID,
    TagKeys: { type: 'list', required: true, member: { type: 'string', min: 1, max: 128 } },
  },
  async run({ SecretId, TagKeys }, store) {
    const secret = store.get(SecretId);
    const tags = Object.fromEntries(Object.entries(secret.tags).filter(([key]) => !TagKeys.includes(key)));
    await store.change(secret, { tags });

    return {};
  },
});
