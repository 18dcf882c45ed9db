import { CONTENT, type ContentInput, contentOf, DESCRIPTION, operation, SECRET_ID, TOKEN } from '../operation.ts';

interface UpdateSecret extends ContentInput {
  readonly SecretId: string;
  readonly Description?: string;
}

export const updateSecret = operation<UpdateSecret>('UpdateSecret', {
  input: { SecretId: SECRET_ID, ClientRequestToken: TOKEN, Description: DESCRIPTION, ...CONTENT },
  async run({ SecretId, Description, ...input }, store) {
    const content = contentOf(input);
    const secret = await store.change(
      store.get(SecretId),
      Description === undefined ? {} : { description: Description },
    );
    const version = content === undefined ? undefined : await store.addVersion(secret, content);

    return { ARN: secret.arn, Name: secret.name, ...(version !== undefined && { VersionId: version.id }) };
  },
});
