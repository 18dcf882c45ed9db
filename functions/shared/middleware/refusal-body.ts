import { Refusal, refusalBody } from '../../../core/errors.ts';
import type { CallMiddleware } from './call-state.ts';

/** Turns whatever was thrown into an answer: a refusal into its body, anything else into 500 `APIC.0601` that says nothing. */
export function refusalBodies(): CallMiddleware {
  return {
    onError: (request) => {
      const { error, internal } = request;
      const { requestId, explanation } = internal;
      const refusal = error instanceof Refusal ? error : new Refusal('APIC.0601', { cause: error });

      request.response = {
        statusCode: refusal.status,
        // After the reference's fields, whose order callers may depend on.
        body: JSON.stringify({ ...refusalBody(refusal, requestId), ...(explanation && { explanation }) }),
      };
    },
  };
}
