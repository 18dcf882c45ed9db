import { AwsError } from '../../errors.ts';
import { operation, SECRET_ID } from '../operation.ts';

export const restoreSecret = operation<{ readonly SecretId: string }>('RestoreSecret', {
  input: { SecretId: SECRET_ID },
  async run({ SecretId }, store) {
    const secret = store.find(SecretId);
    if (secret === undefined) {
      throw new AwsError('ResourceNotFoundException', "Secrets Manager can't find the specified secret.");
    }
    const { deletion: _, ...restored } = secret;
    await store.replace(restored);

    return { ARN: secret.arn, Name: secret.name };
  },
});
