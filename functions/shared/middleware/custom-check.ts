import type { ApiDefinitions } from '../../../core/apic/api-definition.ts';
import { askCustomAuthorizer } from '../ask-custom-authorizer.ts';
import { bodyOf, signableRequest } from '../gateway-event.ts';
import type { CallMiddleware } from './call-state.ts';
import { adoptVerdict } from './verdict-check.ts';

/** Has a custom authorizer asked that wants the body: the gateway's authorizers never see one. Without its verdict the call ends here. */
export function customCheck({ apis }: Pick<ApiDefinitions, 'apis'>): CallMiddleware {
  return {
    before: async ({ event, internal }) => {
      if (internal.body.kind !== 'asked') {
        return;
      }
      const { requestId } = internal;
      const name = apis.find((api) => api.name === internal.api)?.authorizer ?? '';
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
