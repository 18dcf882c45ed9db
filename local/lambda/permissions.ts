import { Buffer } from 'node:buffer';
import { ACCOUNT } from '../account.ts';
import type { ServiceCaller } from '../engines.ts';
import { AwsError } from '../errors.ts';
import { matchesArn, matchesWildcard } from '../iam/wildcard.ts';
import { LIMITS } from './limits.ts';

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

/** Throws PolicyLengthExceededException for a resource policy that AddPermission would not make longer. */
export function checkPolicySize(functionArn: string, permissions: ReadonlyMap<string, Permission>): void {
  const Statement = [...permissions].map(([id, permission]) => statementOf(functionArn, id, permission));
  const bytes = Buffer.byteLength(JSON.stringify({ Version: '2012-10-17', Id: 'default', Statement }));
  if (bytes <= LIMITS.resourcePolicyBytes) return;
  throw new AwsError(
    'PolicyLengthExceededException',
    `The final policy size (${bytes}) is bigger than the limit (${LIMITS.resourcePolicyBytes}).`,
  );
}

function statementOf(functionArn: string, id: string, permission: Permission): unknown {
  const { action, principal, sourceArn, sourceAccount } = permission;

  return {
    Sid: id,
    Effect: 'Allow',
    Principal: { Service: principal },
    Action: action,
    Resource: functionArn,
    Condition: {
      ...(sourceAccount === undefined ? {} : { StringEquals: { 'AWS:SourceAccount': sourceAccount } }),
      ...(sourceArn === undefined ? {} : { ArnLike: { 'AWS:SourceArn': sourceArn } }),
    },
  };
}
