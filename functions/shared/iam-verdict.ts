import type { APIGatewayProxyEvent } from 'aws-lambda';
import type { ApiDefinition } from '../../core/apic/api-definition.ts';
import { apiAt } from '../../core/apic/cors.ts';
import type { IamContext } from '../../core/apic/iam-context.ts';
import type { Verdict } from '../../core/apic/verdict.ts';

/**
 * The verdict of the gateway on a call of an API with auth `iam`: it lets nobody through whose signature does not hold or whom IAM does not let
 * call, and of the others it names the principal. No other method of a group has one.
 */
export function iamVerdict(apis: readonly ApiDefinition[], event: APIGatewayProxyEvent): Verdict | undefined {
  const api = apiAt(apis, event.resource, event.httpMethod);
  const { userArn, accountId, caller } = event.requestContext.identity ?? {};
  if (api?.auth !== 'iam' || !userArn || !accountId || !caller) {
    return undefined;
  }
  const context: IamContext = { userArn, accountId, caller };

  return { verdict: 'allow', requestId: '', api: api.name, app: '', body: { kind: 'none' }, context: { ...context } };
}
