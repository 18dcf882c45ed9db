import { AwsError } from '../../errors.ts';
import { operation, SECRET_ID, seconds, TOKEN } from '../operation.ts';
import { CURRENT, versionAt } from '../secret-store.ts';

interface GetSecretValue {
  readonly SecretId: string;
  readonly VersionId?: string;
  readonly VersionStage?: string;
}

export const getSecretValue = operation<GetSecretValue>('GetSecretValue', {
  input: { SecretId: SECRET_ID, VersionId: TOKEN, VersionStage: { type: 'string', min: 1, max: 256 } },
  async run({ SecretId, VersionId, VersionStage }, store) {
    const secret = store.get(SecretId);
    const version =
      VersionId === undefined
        ? versionAt(secret, VersionStage ?? CURRENT)
        : secret.versions.find(
            ({ id, stages }) => id === VersionId && stages.includes(VersionStage ?? stages[0] ?? ''),
          );
    if (version === undefined) {
      const wanted = VersionId === undefined ? `staging label: ${VersionStage ?? CURRENT}` : `VersionId: ${VersionId}`;
      throw new AwsError(
        'ResourceNotFoundException',
        `Secrets Manager can't find the specified secret value for ${wanted}`,
      );
    }

    return {
      ARN: secret.arn,
      Name: secret.name,
      VersionId: version.id,
      ...(version.secretString !== undefined && { SecretString: version.secretString }),
      ...(version.secretBinary !== undefined && { SecretBinary: version.secretBinary }),
      VersionStages: version.stages,
      CreatedDate: seconds(version.created),
    };
  },
});
