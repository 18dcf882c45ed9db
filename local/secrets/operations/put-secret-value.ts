import { AwsError } from '../../errors.ts';
import { CONTENT, type ContentInput, contentOf, operation, SECRET_ID, TOKEN } from '../operation.ts';

interface PutSecretValue extends ContentInput {
  readonly SecretId: string;
  readonly VersionStages?: readonly string[];
}

export const putSecretValue = operation<PutSecretValue>('PutSecretValue', {
  input: {
    SecretId: SECRET_ID,
    ClientRequestToken: TOKEN,
    ...CONTENT,
    VersionStages: { type: 'list', min: 1, max: 20, member: { type: 'string', min: 1, max: 256 } },
  },
  async run({ SecretId, VersionStages, ...input }, store) {
    const secret = store.get(SecretId);
    const content = contentOf(input);
    if (content === undefined) {
      throw new AwsError('InvalidRequestException', 'You must provide either SecretString or SecretBinary.');
    }
    const version = await store.addVersion(secret, {
      ...content,
      ...(VersionStages !== undefined && { stages: VersionStages }),
    });

    return { ARN: secret.arn, Name: secret.name, VersionId: version.id, VersionStages: version.stages };
  },
});
