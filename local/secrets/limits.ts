/** What Secrets Manager allows. https://docs.aws.amazon.com/secretsmanager/latest/userguide/reference_limits.html */
export const LIMITS = {
  secretBytes: 65_536,
  nameCharacters: 512,
  descriptionCharacters: 2048,
  tags: 50,
} as const;
