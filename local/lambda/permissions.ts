import { ACCOUNT } from '../account.ts';
import type { ServiceCaller } from '../engines.ts';
import { AwsError } from '../errors.ts';
import { matchesArn, matchesWildcard } from '../iam/wildcard.ts';

/** One statement of a function's resource policy: AWS::Lambda::Permission. */
export interface Permission {
  readonly action: string;
  readonly principal: string;
  readonly sourceArn?: string;
  readonly sourceAccount?: string;
}

const INVOKE = 'lambda:InvokeFunction';

/** Throws AccessDeniedException unless a statement lets the service invoke the function for this source. */
export function checkPermission(
  functionArn: string,
  permissions: Iterable<Permission>,
  { service, sourceArn }: ServiceCaller,
): void {
  for (const permission of permissions) {
    const allowed =
      matchesWildcard(permission.action.toLowerCase(), INVOKE.toLowerCase()) &&
      permission.principal === service &&
      (permission.sourceArn === undefined || matchesArn(permission.sourceArn, sourceArn)) &&
      (permission.sourceAccount === undefined || permission.sourceAccount === ACCOUNT);
    if (allowed) return;
  }
  throw new AwsError(
    'AccessDeniedException',
    `User: ${service} is not authorized to perform: ${INVOKE} on resource: ${functionArn} because no resource-based policy allows the ${INVOKE} action (source: ${sourceArn})`,
    403,
  );
}
