import type { APIGatewayProxyEvent } from 'aws-lambda';
import type { ApiDefinition } from '../../core/apic/api-definition.ts';
import { apiAt } from '../../core/apic/cors.ts';
import type { Verdict } from '../../core/apic/verdict.ts';

/**
 * The verdict on a call of an API with auth `none`, whose route has no authorizer: nobody is asked who calls. It rests on the definitions written
 * at synthesis and on the route the gateway chose, neither of which a caller can say anything about; a call of any other API that comes without
 * its authorizer's verdict gets none here. Nor does a call that brings a context: then an authorizer did look at it, and its word counts.
 */
export function openVerdict(apis: readonly ApiDefinition[], event: APIGatewayProxyEvent): Verdict | undefined {
  const api = apiAt(apis, event.resource, event.httpMethod);
  if (api?.auth !== 'none' || event.requestContext.authorizer) {
    return undefined;
  }

  return { verdict: 'allow', requestId: '', api: api.name, app: '', body: { kind: 'none' } };
}
