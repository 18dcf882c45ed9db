import { seconds } from './operation.ts';
import type { StoredSecret } from './secret-store.ts';

/** What DescribeSecret and ListSecrets say of a secret; never its content. */
export function describeSecret(secret: StoredSecret) {
  return {
    ARN: secret.arn,
    Name: secret.name,
    ...(secret.description !== undefined && { Description: secret.description }),
    RotationEnabled: false,
    CreatedDate: seconds(secret.created),
    LastChangedDate: seconds(secret.changed),
    ...(secret.deletion !== undefined && { DeletedDate: seconds(secret.deletion) }),
    Tags: Object.entries(secret.tags).map(([Key, Value]) => ({ Key, Value })),
  };
}

export function stagesByVersion(secret: StoredSecret): Record<string, readonly string[]> {
  return Object.fromEntries(secret.versions.map(({ id, stages }) => [id, stages]));
}
