import { bodyOf, headersOf, pathParametersOf, queryOf } from '../gateway-event.ts';
import { logger } from '../logger.ts';
import type { CallMiddleware } from './call-state.ts';

/** Puts the gateway's event into the form a handler gets it in. Stands last. */
export function receiveCall(): CallMiddleware {
  return {
    before: ({ event, context, internal: { requestId, api, app, authorizer } }) => {
      context.call = {
        requestId,
        api,
        app,
        authorizer,
        method: event.httpMethod,
        uri: event.path,
        resource: event.resource,
        path: pathParametersOf(event),
        query: queryOf(event),
        headers: headersOf(event),
        body: bodyOf(event),
        log: logger.child({ requestId, api, app }),
        remainingMs: () => context.getRemainingTimeInMillis(),
      };
    },
  };
}
