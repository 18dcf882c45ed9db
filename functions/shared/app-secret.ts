import type { AppCredentials } from '../../core/apic/app-credentials.ts';
import { signatureMatches } from '../../core/apic/signature.ts';
import { InvalidSetting } from '../../core/errors.ts';
import { readSecret, SECRET_CACHE_MS } from './secrets.ts';

/** A secret read so recently is not read again because of a signature that does not match: that may be anyone's. */
const RECHECK_AFTER_MS = 5000;

/** Whether a signature is the HMAC of a text under an app's secret, also right after the secret was changed. */
export async function matchesAppSecret(secretArn: string, signature: string, stringToSign: string): Promise<boolean> {
  const cached = await appSecret(secretArn, SECRET_CACHE_MS);
  if (signatureMatches(signature, stringToSign, cached)) {
    return true;
  }
  const current = await appSecret(secretArn, RECHECK_AFTER_MS);

  return current !== cached && signatureMatches(signature, stringToSign, current);
}

async function appSecret(arn: string, maxAgeMs: number): Promise<string> {
  const credentials = await readSecret<Partial<AppCredentials>>(arn, { maxAgeMs });
  if (typeof credentials?.secret !== 'string' || credentials.secret === '') {
    // An empty secret would let anybody sign.
    throw new InvalidSetting(`secret ${arn}`, 'a value without "secret"', 'JSON {"key","secret","appCodes"}');
  }

  return credentials.secret;
}
