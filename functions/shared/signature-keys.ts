import type { AppCredential } from '../../core/apic/signature.ts';
import { Refusal } from '../../core/errors.ts';
import { environment } from './environment.ts';
import { readSecret, SECRET_CACHE_MS } from './secrets.ts';

/**
 * The key that requests to a backend are signed with.
 *
 * @throws Refusal `APIC.0705` when it cannot be had
 */
export async function signatureKey(name: string): Promise<AppCredential> {
  const arns = JSON.parse(environment('SIGNATURE_KEYS')) as Readonly<Record<string, string>>;
  const value = await readSecret<Partial<AppCredential>>(arns[name] ?? '', { maxAgeMs: SECRET_CACHE_MS }).catch(
    (cause: unknown) => {
      throw new Refusal('APIC.0705', { detail: { reason: `the key ${name} cannot be read` }, cause });
    },
  );
  if (typeof value?.key !== 'string' || typeof value.secret !== 'string' || value.secret === '') {
    throw new Refusal('APIC.0705', { detail: { reason: `the secret of the key ${name} holds no key and secret` } });
  }

  return { key: value.key, secret: value.secret };
}
