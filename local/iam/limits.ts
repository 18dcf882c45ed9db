/** What IAM allows; policies without white space. https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html */
export const LIMITS = {
  /** All inline policies of a role together. */
  inlinePolicyCharacters: 10_240,
  managedPolicyCharacters: 6144,
  trustPolicyCharacters: 2048,
  managedPoliciesPerRole: 10,
  /** How far the date of a signature may be off, either way. https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-troubleshooting.html */
  signatureSkewMinutes: 5,
  /** Of a role whose `MaxSessionDuration` is not set. https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html */
  sessionSeconds: { minimum: 900, maximum: 3600 },
} as const;
