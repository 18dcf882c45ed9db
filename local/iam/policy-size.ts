import { AwsError } from '../errors.ts';
import { LIMITS } from './limits.ts';

/** IAM counts no white space between the parts of a document. */
export function policyCharacters(document: unknown): number {
  return JSON.stringify(document).length;
}

export function checkInlineSize(role: string, characters: number): void {
  if (characters <= LIMITS.inlinePolicyCharacters) return;
  throw exceeded(`Maximum policy size of ${LIMITS.inlinePolicyCharacters} bytes exceeded for role ${role}`);
}

export function checkManagedSize(characters: number): void {
  if (characters <= LIMITS.managedPolicyCharacters) return;
  throw exceeded(`Cannot exceed quota for PolicySize: ${LIMITS.managedPolicyCharacters}`);
}

export function checkManagedCount(count: number): void {
  if (count <= LIMITS.managedPoliciesPerRole) return;
  throw exceeded(`Cannot exceed quota for PoliciesPerRole: ${LIMITS.managedPoliciesPerRole}`);
}

export function checkTrustSize(role: string, document: unknown): void {
  if (policyCharacters(document) <= LIMITS.trustPolicyCharacters) return;
  throw exceeded(`Cannot exceed quota for ACLSizePerRole: ${LIMITS.trustPolicyCharacters} (role ${role})`);
}

function exceeded(message: string): AwsError {
  return new AwsError('LimitExceeded', message, 409);
}
