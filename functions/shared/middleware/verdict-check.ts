import { readVerdict } from '../../../core/apic/verdict.ts';
import { Refusal } from '../../../core/errors.ts';
import type { CallMiddleware } from './call-state.ts';

/** Refuses what the authorizer denied, and everything that no authorizer has seen. */
export function verdictCheck(): CallMiddleware {
  return {
    before: ({ event, internal }) => {
      const verdict = readVerdict(event.requestContext.authorizer);
      if (verdict === undefined) {
        throw new Refusal('APIC.0601', { detail: { reason: 'the call brings no verdict of our authorizer' } });
      }
      Object.assign(internal, { requestId: verdict.requestId, api: verdict.api, app: verdict.app });
      if (verdict.verdict === 'deny') {
        throw verdict.refusal;
      }
      internal.body = verdict.body;
    },
  };
}
