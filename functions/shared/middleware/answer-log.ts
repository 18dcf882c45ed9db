import { randomUUID } from 'node:crypto';
import { Refusal } from '../../../core/errors.ts';
import { logger } from '../logger.ts';
import type { CallMiddleware, CallRequest, CallState } from './call-state.ts';

/** Gives the call its id, the answer its headers, and the log one line for each answer. Stands first, so it sees what the others refuse. */
export function answerLog(): CallMiddleware {
  return {
    before: ({ internal }) => {
      const state: CallState = {
        requestId: randomUUID().replaceAll('-', ''),
        startedAt: performance.now(),
        api: '',
        app: '',
        authorizer: {},
        body: { kind: 'none' },
        denied: undefined,
      };
      Object.assign(internal, state);
    },
    after: finish,
    onError: finish,
  };
}

function finish({ response, internal, error, event }: CallRequest): void {
  if (response === undefined || response === null) {
    return;
  }
  const { requestId, api, app, startedAt } = internal;
  const status = response.statusCode;
  response.headers = { 'Content-Type': 'application/json', ...response.headers, 'X-Request-Id': requestId };

  logger[levelOf(status)]('api call', {
    requestId,
    api,
    app,
    method: event.httpMethod,
    path: event.path,
    status,
    ms: Math.round(performance.now() - startedAt),
    ...(error instanceof Refusal && { code: error.code }),
    ...(error && { error }),
  });
}

function levelOf(status: number): 'info' | 'warn' | 'error' {
  if (status >= 500) {
    return 'error';
  }

  return status >= 400 ? 'warn' : 'info';
}
