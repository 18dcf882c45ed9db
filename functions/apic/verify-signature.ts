import { findApp } from '../shared/app-items.ts';
import { matchesAppSecret } from '../shared/app-secret.ts';
import type { SignatureAnswer, SignatureQuestion } from '../shared/check-signature.ts';

/** Answers whether a signature is right, and nothing else: secrets do not leave, and nothing is ever signed here. */
export async function handler({ key, signature, stringToSign }: SignatureQuestion): Promise<SignatureAnswer> {
  const caller = await findApp(key);
  const valid = caller?.enabled === true && (await matchesAppSecret(caller.secretArn, signature, stringToSign));

  return { valid };
}
