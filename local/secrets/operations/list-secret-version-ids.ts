import { operation, SECRET_ID, seconds } from '../operation.ts';

export const listSecretVersionIds = operation<{ readonly SecretId: string }>('ListSecretVersionIds', {
  input: { SecretId: SECRET_ID },
  async run({ SecretId }, store) {
    const secret = store.get(SecretId);

    return {
      ARN: secret.arn,
      Name: secret.name,
      Versions: secret.versions.map(({ id, stages, created }) => ({
        VersionId: id,
        VersionStages: stages,
        CreatedDate: seconds(created),
      })),
    };
  },
});
