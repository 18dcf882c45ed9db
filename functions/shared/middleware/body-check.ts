import type { ApiDefinitions } from '../../../core/apic/api-definition.ts';
import { sha256Hex } from '../../../core/apic/canonical-request.ts';
import { nonceOf } from '../../../core/apic/nonce.ts';
import { readSignature } from '../../../core/apic/signature.ts';
import { Refusal } from '../../../core/errors.ts';
import { checkSignature } from '../check-signature.ts';
import { bodyOf, signableRequest } from '../gateway-event.ts';
import type { CallMiddleware, CallRequest } from './call-state.ts';

/**
 * Refuses a body that is not the one the caller signed: the authorizer could not, it never sees a body. Then what the authorizer denied, in this
 * order, because only a caller whose signature holds may learn what the app it names may do.
 */
export function bodyCheck({ apis }: Pick<ApiDefinitions, 'apis'>): CallMiddleware {
  return {
    before: async (request) => {
      const api = apis.find(({ name }) => name === request.internal.api);
      const reason = await mismatch(request, api?.replayDefence === true);
      if (reason !== undefined) {
        throw new Refusal('APIC.0303', { detail: { reason } });
      }
      if (request.internal.denied !== undefined) {
        throw request.internal.denied;
      }
    },
  };
}

async function mismatch({ event, internal: { body } }: CallRequest, once: boolean): Promise<string | undefined> {
  if (body.kind === 'none') {
    return undefined;
  }
  if (body.kind === 'asked') {
    return 'no custom authorizer has decided';
  }
  const received = sha256Hex(bodyOf(event));
  if (body.kind === 'hash') {
    return received === body.sha256 ? undefined : 'the body is not the one that was signed';
  }
  const reading = readSignature(signableRequest(event), new Date());
  if (reading.outcome === 'refused') {
    return reading.reason;
  }
  const { presented } = reading;
  const { key, signature, stringsToSign } = presented;
  const { valid } = await checkSignature({
    ...{ key, signature, stringsToSign: stringsToSign(received) },
    ...(once && { nonce: nonceOf(presented) }),
  });

  return valid
    ? undefined
    : `the signature does not match the request and its body${once ? ', or was used before' : ''}`;
}
