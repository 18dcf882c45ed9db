import { answerableApis } from '../../../core/apic/answerable-apis.ts';
import type { ApiDefinitions } from '../../../core/apic/api-definition.ts';
import type { AuthorizerContext, CustomAuthorizer } from '../../../core/apic/custom-authorizer.ts';
import { Refusal } from '../../../core/errors.ts';
import { askBackendAuthorizer } from '../ask-custom-authorizer.ts';
import { bodyOf } from '../gateway-event.ts';
import type { CallMiddleware, CallRequest } from './call-state.ts';

type Definitions = Pick<ApiDefinitions, 'apis' | 'unpublished' | 'authorizers'>;

interface Kept {
  readonly context: AuthorizerContext;
  /** On the clock of `Date.now`. */
  readonly until: number;
}

/**
 * Has the custom authorizer of a backend asked what the backend is called with; it stands beside what is known of the caller, and wins over it.
 * Comes after everything that may refuse the caller: nobody else is worth the question.
 */
export function backendCheck(definitions: Definitions): CallMiddleware {
  const apis = new Map(answerableApis(definitions).map(({ name, backendAuthorizer }) => [name, backendAuthorizer]));
  const kept = new Map<string, Kept>();

  return {
    before: async (request) => {
      const { internal } = request;
      const name = apis.get(internal.api);
      if (name === undefined) {
        return;
      }
      const authorizer = definitions.authorizers?.find((one) => one.name === name && one.side === 'backend');
      const known = kept.get(name);
      const context = known !== undefined && Date.now() < known.until ? known.context : await ask(request, authorizer);
      const seconds = authorizer?.cacheSeconds ?? 0;
      if (seconds > 0 && context !== known?.context) {
        kept.set(name, { context, until: Date.now() + seconds * 1000 });
      }
      internal.authorizer = { ...internal.authorizer, ...context };
    },
  };
}

async function ask(
  { event, internal: { requestId } }: CallRequest,
  authorizer: CustomAuthorizer | undefined,
): Promise<AuthorizerContext> {
  if (authorizer === undefined) {
    throw new Refusal('APIC.0601', { detail: { reason: 'the custom authorizer of the backend is not declared' } });
  }
  const { name, sendBody } = authorizer;
  const body = sendBody ? { body: Buffer.from(bodyOf(event)).toString('base64') } : {};
  const verdict = await askBackendAuthorizer({ backend: name, requestId, ...body });
  if (verdict === undefined) {
    throw new Refusal('APIC.0601', { detail: { reason: 'the custom authorizer of the backend gave no verdict' } });
  }
  if (verdict.verdict === 'deny') {
    throw verdict.refusal;
  }

  return verdict.context ?? {};
}
