import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { environment } from './environment.ts';

/** What `apic/verify-signature` is asked: whether a signature is the HMAC of a text under the secret of an AppKey. */
export interface SignatureQuestion {
  readonly key: string;
  readonly signature: string;
  readonly stringToSign: string;
}

export interface SignatureAnswer {
  readonly valid: boolean;
}

/** The function that may read secrets did not answer. */
class SignatureNotChecked extends Error {
  override readonly name = 'SignatureNotChecked';
}

let client: LambdaClient | undefined;

/**
 * Has a signature checked by the function that may read the apps' secrets (`SIGNATURE_FUNCTION`): those that run a backend's code may not.
 * One more invocation, only for a body whose hash its caller did not send along.
 */
export async function checkSignature(question: SignatureQuestion): Promise<SignatureAnswer> {
  client ??= new LambdaClient({});
  const { FunctionError, Payload } = await client.send(
    new InvokeCommand({
      FunctionName: environment('SIGNATURE_FUNCTION'),
      Payload: Buffer.from(JSON.stringify(question)),
    }),
  );
  const text = Buffer.from(Payload ?? []).toString('utf8');
  if (FunctionError !== undefined) {
    throw new SignatureNotChecked(`${FunctionError}: ${text}`);
  }
  const answer = JSON.parse(text) as Partial<SignatureAnswer> | null;

  return { valid: answer?.valid === true };
}
