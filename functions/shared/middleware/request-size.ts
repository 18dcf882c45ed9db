import { checkRequestSize } from '../../../core/apic/request-limits.ts';
import { signableRequest } from '../gateway-event.ts';
import type { CallMiddleware } from './call-state.ts';

/** Refuses a URI or headers longer than they may be, before anything of them is read. */
export function requestSize(): CallMiddleware {
  return {
    before: ({ event }) => checkRequestSize(signableRequest(event)),
  };
}
