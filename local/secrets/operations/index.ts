import type { JsonOperation } from '../../aws/json-service.ts';
import type { SecretStore } from '../secret-store.ts';
import { createSecret } from './create-secret.ts';
import { deleteSecret } from './delete-secret.ts';
import { describeSecret } from './describe-secret.ts';
import { getRandomPassword } from './get-random-password.ts';
import { getSecretValue } from './get-secret-value.ts';
import { listSecretVersionIds } from './list-secret-version-ids.ts';
import { listSecrets } from './list-secrets.ts';
import { putSecretValue } from './put-secret-value.ts';
import { restoreSecret } from './restore-secret.ts';
import { tagResource } from './tag-resource.ts';
import { untagResource } from './untag-resource.ts';
import { updateSecret } from './update-secret.ts';

/** Everything the engine serves; what is not here is answered UnknownOperationException. */
export const OPERATIONS: ReadonlyMap<string, JsonOperation<SecretStore>> = new Map(
  [
    createSecret,
    deleteSecret,
    describeSecret,
    getRandomPassword,
    getSecretValue,
    listSecretVersionIds,
    listSecrets,
    putSecretValue,
    restoreSecret,
    tagResource,
    untagResource,
    updateSecret,
  ].map((operation) => [operation.name, operation]),
);
