import { randomUUID } from 'node:crypto';
import type { APIGatewayAuthorizerResult, APIGatewayRequestAuthorizerEvent } from 'aws-lambda';
import type { ApiDefinition, ApiDefinitions } from '../../core/apic/api-definition.ts';
import { type Authorities, authorizeCall } from '../../core/apic/authorize-call.ts';
import { apiAt } from '../../core/apic/cors.ts';
import { type Verdict, verdictContext } from '../../core/apic/verdict.ts';
import { InvalidSetting, Refusal } from '../../core/errors.ts';
import { allowMethod } from '../shared/allow-method.ts';
import { findApp, findAppOfCode, hasGrant } from '../shared/app-items.ts';
import { knowsAppSecret } from '../shared/app-secret.ts';
import { readDefinitions } from '../shared/definitions.ts';
import { signableRequest } from '../shared/gateway-event.ts';
import { type Logger, logger } from '../shared/logger.ts';
import { isFirstUse } from '../shared/nonces.ts';
import type { AppKeyItem } from '../shared/tables.ts';
import { hasTopicGrant } from '../shared/topic-grant-items.ts';

export type CallAuthorizer = (event: APIGatewayRequestAuthorizerEvent) => Promise<APIGatewayAuthorizerResult>;

const definitions = readDefinitions<ApiDefinitions>();

export const handler: CallAuthorizer = (event) => callAuthorizer(definitions.apis, awsAuthorities(definitions))(event);

/**
 * Judges calls of the APIs of a group. Always allows the gateway to go on, for exactly this method and path: what was found travels in the
 * context, and the chain of every handler refuses by it, with a body of ours. Nothing about a call is cached.
 */
export function callAuthorizer(apis: readonly ApiDefinition[], authorities: Authorities): CallAuthorizer {
  return async (event) => {
    const requestId = randomUUID().replaceAll('-', '');
    const log = logger.child({ requestId, method: event.httpMethod, path: event.path });
    const verdict = await judge(event, { requestId, apis, authorities, log });

    return allowMethod(event, verdict.app === '' ? 'anyone' : verdict.app, verdictContext(verdict));
  };
}

interface Judging {
  readonly requestId: string;
  readonly apis: readonly ApiDefinition[];
  readonly authorities: Authorities;
  readonly log: Logger;
}

async function judge(event: APIGatewayRequestAuthorizerEvent, judging: Judging): Promise<Verdict> {
  const { requestId, apis, authorities, log } = judging;
  const api = apiAt(apis, event.resource, event.httpMethod);
  const judged = { requestId, api: api?.name ?? '' };
  try {
    if (api === undefined) {
      throw new InvalidSetting('definitions.json', `${event.httpMethod} ${event.resource}`, 'every route of the group');
    }
    const decision = await authorizeCall(signableRequest(event), api, authorities, new Date());
    if (decision.outcome === 'allow') {
      return { ...judged, verdict: 'allow', app: decision.app, body: decision.body };
    }
    const { code, app, reason, body } = decision;
    // Not settled as long as the body is not: the chain's line with the same id says what the caller was told.
    log.warn('call denied', { ...judged, app, code, reason, pending: body.kind !== 'none' });

    return { ...judged, verdict: 'deny', app, body, refusal: new Refusal(code) };
  } catch (error) {
    log.error('call not judged', { ...judged, error });

    return { ...judged, verdict: 'deny', app: '', body: { kind: 'none' }, refusal: new Refusal('APIC.0601') };
  }
}

/** Those of one call: an app that was found with its AppCode is not asked for again. */
function awsAuthorities({ group, stage, apis }: ApiDefinitions): Authorities {
  let found: AppKeyItem | undefined;

  return {
    app: async (key) => (found?.key === key ? found : findApp(key)),
    async keyOfCode(codeSha256) {
      const owner = await findAppOfCode(codeSha256);
      found = owner?.app;

      return owner?.key;
    },
    isGranted: (api, app) => {
      const backend = apis.find(({ name }) => name === api)?.backend;

      return backend?.kind === 'topic'
        ? hasTopicGrant(backend.topic, app, backend.right)
        : hasGrant({ group, api, stage }, app);
    },
    knowsSecret: knowsAppSecret,
    firstUse: isFirstUse,
  };
}
