import { randomUUID } from 'node:crypto';
import { AwsRequestFailed } from './aws-request.ts';
import { type JsonApi, jsonCall } from './json-api.ts';

/** Secrets Manager asks its clients not to read a value more often than every few minutes; rotation still shows within this time. */
export const SECRET_CACHE_MS = 5 * 60 * 1000;

export interface ReadSecretOptions {
  /** How old, in milliseconds, a value read earlier by this container may be. 0, the default, always reads. */
  readonly maxAgeMs?: number;
}

interface CachedSecret {
  readonly text: Promise<string | undefined>;
  readonly readAt: number;
}

const SECRETS: JsonApi = {
  service: 'secretsmanager',
  endpoint: 'SECRETS_MANAGER',
  target: 'secretsmanager',
  version: '1.1',
};

const cache = new Map<string, CachedSecret>();

/** The current value of a secret as text, or undefined when the secret has no value yet. */
export function readSecretText(arn: string, options: ReadSecretOptions = {}): Promise<string | undefined> {
  const cached = cache.get(arn);
  if (cached && Date.now() - cached.readAt < (options.maxAgeMs ?? 0)) {
    return cached.text;
  }
  const text = fetchSecret(arn);
  const entry = { text, readAt: Date.now() };
  cache.set(arn, entry);
  text.catch(() => {
    if (cache.get(arn) === entry) {
      cache.delete(arn);
    }
  });

  return text;
}

/** The current value of a secret that holds JSON of a known shape; undefined when it has no value yet or holds other text. */
export async function readSecret<T extends object>(
  arn: string,
  options: ReadSecretOptions = {},
): Promise<T | undefined> {
  const text = await readSecretText(arn, options);
  if (text === undefined) {
    return undefined;
  }
  try {
    const value: unknown = JSON.parse(text);

    return typeof value === 'object' && value !== null ? (value as T) : undefined;
  } catch {
    // CDK fills a new secret with a random string: it is a value, but not one of ours yet.
    return undefined;
  }
}

/** Stores a new current value, as JSON. */
export async function writeSecret(arn: string, value: object): Promise<void> {
  cache.delete(arn);
  const input = { SecretId: arn, SecretString: JSON.stringify(value), ClientRequestToken: randomUUID() };
  await jsonCall(SECRETS, 'PutSecretValue', input);
  cache.delete(arn);
}

async function fetchSecret(arn: string): Promise<string | undefined> {
  try {
    const { SecretString } = await jsonCall(SECRETS, 'GetSecretValue', { SecretId: arn });

    return SecretString as string | undefined;
  } catch (error) {
    // Secrets Manager answers "can't find the specified secret value for staging label AWSCURRENT" for a secret without a value.
    if (isMissing(error) && /secret value/i.test(error.message)) {
      return undefined;
    }
    throw error;
  }
}

function isMissing(error: unknown): error is AwsRequestFailed {
  return error instanceof AwsRequestFailed && error.name === 'ResourceNotFoundException';
}
