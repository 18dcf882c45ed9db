import { signatureMatches } from '../../core/apic/signature.ts';
import { findApp } from '../shared/app-items.ts';
import { knowsAppSecret } from '../shared/app-secret.ts';
import type { SignatureAnswer, SignatureQuestion } from '../shared/check-signature.ts';
import { isFirstUse } from '../shared/nonces.ts';

/** Answers whether a signature is right, and nothing else: secrets do not leave, and nothing is ever signed here. */
export async function handler({ key, signature, stringsToSign, nonce }: SignatureQuestion): Promise<SignatureAnswer> {
  const caller = await findApp(key);
  const valid =
    caller?.enabled === true &&
    (await knowsAppSecret(caller, (secret) => signatureMatches(signature, stringsToSign, secret)));

  // Only what is true is used up: whoever forges must not be able to spoil the true one.
  return { valid: valid && (nonce === undefined || (await isFirstUse(nonce))) };
}
