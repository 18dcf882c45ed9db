import { readVerdict } from '../../../core/apic/verdict.ts';
import { Refusal } from '../../../core/errors.ts';
import type { CallMiddleware } from './call-state.ts';

/** Refuses everything that no authorizer has seen. What the authorizer denied is refused once the body is checked: see `body-check.ts`. */
export function verdictCheck(): CallMiddleware {
  return {
    before: ({ event, internal }) => {
      const verdict = readVerdict(event.requestContext.authorizer);
      if (verdict === undefined) {
        throw new Refusal('APIC.0601', { detail: { reason: 'the call brings no verdict of our authorizer' } });
      }
      const { requestId, api, app, body } = verdict;
      Object.assign(internal, { requestId, api, app, body });
      if (verdict.verdict === 'deny') {
        internal.denied = verdict.refusal;
      }
    },
  };
}
