import { secretsOf } from '../../core/apic/app-credentials.ts';
import type { Proof } from '../../core/apic/app-schemes.ts';
import type { CallingApp } from '../../core/apic/authorize-call.ts';
import { InvalidSetting } from '../../core/errors.ts';
import { readSecret, SECRET_CACHE_MS } from './secrets.ts';

/** Secrets read so recently are not read again because of a proof that does not hold: that may be anyone's. */
const RECHECK_AFTER_MS = 5000;

/**
 * Whether a caller knows a secret of the app.
 *
 * Secrets are read every few minutes only. What the management API changes counts at once, by the revision that every call looks up with the
 * app; what was changed in Secrets Manager itself is found when a proof does not hold, seconds later, and a secret taken away there counts
 * until the value read earlier is too old.
 */
export async function knowsAppSecret({ secretArn, revision = 0 }: CallingApp, proof: Proof): Promise<boolean> {
  const read = await appSecrets(secretArn, SECRET_CACHE_MS);
  const cached = read.revision !== revision ? await appSecrets(secretArn, 0) : read;
  if (cached.secrets.some(proof)) {
    return true;
  }
  const current = await appSecrets(secretArn, RECHECK_AFTER_MS);

  return current.secrets.filter((secret) => !cached.secrets.includes(secret)).some(proof);
}

async function appSecrets(arn: string, maxAgeMs: number) {
  const value = await readSecret<{ revision?: unknown }>(arn, { maxAgeMs });
  const secrets = secretsOf(value);
  if (secrets.length === 0) {
    // An empty secret would let anybody sign.
    throw new InvalidSetting(`secret ${arn}`, 'a value without "secret"', 'JSON {"key","secret","appCodes"}');
  }

  return { secrets, revision: typeof value?.revision === 'number' ? value.revision : 0 };
}
