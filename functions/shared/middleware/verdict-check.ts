import type { ApiDefinitions } from '../../../core/apic/api-definition.ts';
import { readVerdict, type Verdict } from '../../../core/apic/verdict.ts';
import { Refusal } from '../../../core/errors.ts';
import { iamVerdict } from '../iam-verdict.ts';
import { openVerdict } from '../open-verdict.ts';
import type { CallMiddleware, CallState } from './call-state.ts';

/**
 * Refuses everything that neither an authorizer has seen nor, where IAM judges, the gateway, unless it is a call of an API that anyone may call.
 * What the authorizer denied is refused once the body is checked: see `body-check.ts`.
 */
export function verdictCheck({ apis }: Pick<ApiDefinitions, 'apis'>): CallMiddleware {
  return {
    before: ({ event, internal }) => {
      const given = readVerdict(event.requestContext.authorizer);
      adoptVerdict(internal, given ?? iamVerdict(apis, event) ?? openVerdict(apis, event));
    },
  };
}

/** @throws Refusal when there is no verdict */
export function adoptVerdict(state: CallState, verdict: Verdict | undefined): void {
  if (verdict === undefined) {
    throw new Refusal('APIC.0601', { detail: { reason: 'the call brings no verdict of our authorizer' } });
  }
  const { requestId, api, app, body } = verdict;
  // A verdict that the gateway repeats for several calls names none of them.
  Object.assign(state, { requestId: requestId === '' ? state.requestId : requestId, api, app, body });
  if (verdict.verdict === 'deny') {
    state.denied = verdict.refusal;
  } else {
    state.authorizer = verdict.context ?? {};
  }
}
