import { AwsError } from '../../errors.ts';
import { operation, SECRET_ID, seconds } from '../operation.ts';

interface DeleteSecret {
  readonly SecretId: string;
  readonly RecoveryWindowInDays?: number;
  readonly ForceDeleteWithoutRecovery?: boolean;
}

const DAY = 86_400_000;

export const deleteSecret = operation<DeleteSecret>('DeleteSecret', {
  input: {
    SecretId: SECRET_ID,
    RecoveryWindowInDays: { type: 'integer', min: 7, max: 30 },
    ForceDeleteWithoutRecovery: { type: 'boolean' },
  },
  async run({ SecretId, RecoveryWindowInDays, ForceDeleteWithoutRecovery }, store) {
    if (ForceDeleteWithoutRecovery === true && RecoveryWindowInDays !== undefined) {
      throw new AwsError(
        'InvalidParameterException',
        "You can't use ForceDeleteWithoutRecovery in conjunction with RecoveryWindowInDays.",
      );
    }
    const secret = store.get(SecretId);
    if (ForceDeleteWithoutRecovery === true) {
      await store.delete(secret);
      return { ARN: secret.arn, Name: secret.name, DeletionDate: seconds(store.now()) };
    }
    const deletion = store.now() + (RecoveryWindowInDays ?? 30) * DAY;
    await store.change(secret, { deletion });

    return { ARN: secret.arn, Name: secret.name, DeletionDate: seconds(deletion) };
  },
});
