import type { Nonce } from '../../core/apic/nonce.ts';
import { askFunction } from './ask-function.ts';
import { environment } from './environment.ts';

/** What `apic/verify-signature` is asked: whether a signature is the HMAC of one of the texts under a secret of an AppKey. */
export interface SignatureQuestion {
  readonly key: string;
  readonly signature: string;
  readonly stringsToSign: readonly string[];
  /** Where a signature is good for one call: it is refused if this was used before. */
  readonly nonce?: Nonce;
}

export interface SignatureAnswer {
  readonly valid: boolean;
}

/**
 * Has a signature checked by the function that may read the apps' secrets (`SIGNATURE_FUNCTION`): those that run a backend's code may not.
 * One more invocation, only for a body whose hash its caller did not send along.
 */
export async function checkSignature(question: SignatureQuestion): Promise<SignatureAnswer> {
  const answer = (await askFunction(environment('SIGNATURE_FUNCTION'), question)) as Partial<SignatureAnswer> | null;

  return { valid: answer?.valid === true };
}
