import { arn } from '../../account.ts';
import {
  CONTENT,
  type ContentInput,
  contentOf,
  DESCRIPTION,
  NAME,
  operation,
  TAGS,
  type TagsInput,
  TOKEN,
  tagsOf,
} from '../operation.ts';

interface CreateSecret extends ContentInput, TagsInput {
  readonly Name: string;
  readonly Description?: string;
}

export const createSecret = operation<CreateSecret>('CreateSecret', {
  input: { Name: NAME, ClientRequestToken: TOKEN, Description: DESCRIPTION, ...CONTENT, Tags: TAGS },
  resource: ({ Name }) => arn('secretsmanager', `secret:${Name}`),
  async run(input, store) {
    const content = contentOf(input);
    const secret = await store.create(input.Name, {
      tags: tagsOf(input),
      ...(input.Description !== undefined && { description: input.Description }),
    });
    const version = content === undefined ? undefined : await store.addVersion(secret, content);

    return { ARN: secret.arn, Name: secret.name, ...(version !== undefined && { VersionId: version.id }) };
  },
});
