/** What IAM allows, without white space. https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html */
export const LIMITS = {
  /** All inline policies of a role together. */
  inlinePolicyCharacters: 10_240,
  managedPolicyCharacters: 6144,
  trustPolicyCharacters: 2048,
  managedPoliciesPerRole: 10,
} as const;
