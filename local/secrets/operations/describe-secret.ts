import { AwsError } from '../../errors.ts';
import { describeSecret as describe, stagesByVersion } from '../description.ts';
import { operation, SECRET_ID } from '../operation.ts';

export const describeSecret = operation<{ readonly SecretId: string }>('DescribeSecret', {
  input: { SecretId: SECRET_ID },
  async run({ SecretId }, store) {
    const secret = store.find(SecretId); // also one that waits for its deletion
    if (secret === undefined) {
      throw new AwsError('ResourceNotFoundException', "Secrets Manager can't find the specified secret.");
    }

    return { ...describe(secret), VersionIdsToStages: stagesByVersion(secret) };
  },
});
