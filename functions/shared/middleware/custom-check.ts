import type { ApiDefinitions } from '../../../core/apic/api-definition.ts';
import { FRONTEND_REFUSED, identityProblem } from '../../../core/apic/custom-authorizer.ts';
import { Refusal } from '../../../core/errors.ts';
import { askCustomAuthorizer } from '../ask-custom-authorizer.ts';
import { bodyOf, signableRequest } from '../gateway-event.ts';
import type { CallMiddleware } from './call-state.ts';
import { adoptVerdict } from './verdict-check.ts';

/**
 * Has a custom authorizer asked that wants the body: the gateway's authorizers never see one. Without its verdict the call ends here. And looks
 * again at what identifies the caller: where the gateway repeats a decision, nobody else has seen this call, and it may carry beside the value
 * that was judged another one, which a backend would read.
 */
export function customCheck({ apis, authorizers = [] }: Pick<ApiDefinitions, 'apis' | 'authorizers'>): CallMiddleware {
  return {
    before: async ({ event, internal }) => {
      const name = apis.find((api) => api.name === internal.api)?.authorizer ?? '';
      const authorizer = authorizers.find((one) => one.name === name && one.side !== 'backend');
      const reason = authorizer === undefined ? undefined : identityProblem(authorizer, signableRequest(event));
      if (reason !== undefined) {
        throw new Refusal('APIC.0305', { message: FRONTEND_REFUSED, detail: { reason } });
      }
      if (internal.body.kind !== 'asked') {
        return;
      }
      const { requestId } = internal;
      const verdict = await askCustomAuthorizer(name, {
        request: signableRequest(event),
        resource: event.resource,
        body: Buffer.from(bodyOf(event)).toString('base64'),
        requestId,
      });
      adoptVerdict(internal, verdict);
    },
  };
}
