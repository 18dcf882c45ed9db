import type { ApiDefinitions } from '../../../core/apic/api-definition.ts';
import { answerHeaders, apiAt } from '../../../core/apic/cors.ts';
import { headersOf } from '../gateway-event.ts';
import type { CallMiddleware, CallRequest } from './call-state.ts';

/** Lets the pages that may call an API read its answers, refusals too. Stands before what makes an answer of a refusal. */
export function corsHeaders({ cors, apis }: Pick<ApiDefinitions, 'cors' | 'apis'>): CallMiddleware {
  const allow = ({ response, event }: CallRequest) => {
    const api = apiAt(apis, event.resource, event.httpMethod);
    // A path without an API is not found; pages may know that as far as the group knows pages at all.
    const open = api === undefined || api.cors === true;
    if (response !== undefined && response !== null && cors !== undefined && open) {
      response.headers = { ...response.headers, ...answerHeaders(cors, headersOf(event)) };
    }
  };

  return { after: allow, onError: allow };
}
