import type { Iam, LambdaEngine } from '../engines.ts';
import { AwsError } from '../errors.ts';
import { type Authorizers, within } from './authorizer.ts';
import { GatewayFault } from './gateway-fault.ts';
import type { GatewayRequest } from './gateway-request.ts';
import type { HttpAnswer } from './gateway-response.ts';
import { type CallerIdentity, iamCaller, TOKEN_HOLDER } from './iam-caller.ts';
import { LIMITS } from './limits.ts';
import { type AuthorizerContext, integrationArn, methodArn, proxyEvent } from './proxy-event.ts';
import { proxyResponse } from './proxy-response.ts';
import type { Route } from './route-tree.ts';
import type { Throttle } from './throttle.ts';

export interface GatewayPorts {
  readonly lambda: Pick<LambdaEngine, 'invoke'>;
  readonly authorizers: Authorizers;
  readonly iam: Pick<Iam, 'holder' | 'authorize'>;
  readonly throttle: Throttle;
}

/**
 * One call through the gateway's steps, in API Gateway's order: route, who is asking, how often, the function.
 * Throws `GatewayFault`. @param signedIn the call carries the bearer token of its front
 */
export async function handleRequest(
  request: GatewayRequest,
  route: Route | undefined,
  signedIn: boolean,
  ports: GatewayPorts,
): Promise<HttpAnswer> {
  if (route === undefined) throw new GatewayFault('MISSING_AUTHENTICATION_TOKEN');
  if (methodArn(request).length > LIMITS.methodArnBytes) {
    throw new GatewayFault('BAD_REQUEST', { status: 414, message: 'Request URI too long' });
  }
  const found = await authorize(request, route, signedIn, ports);
  if (!ports.throttle.take(request.api.id, request.stage, route.resourcePath, request.httpMethod)) {
    throw new GatewayFault('THROTTLED');
  }

  return integrate(request, route, found, ports);
}

/** Who may pass: what an authorizer says of the caller, or whom IAM knows. */
interface Found {
  readonly context?: AuthorizerContext;
  readonly identity?: CallerIdentity;
}

async function authorize(
  request: GatewayRequest,
  route: Route,
  signedIn: boolean,
  { authorizers, iam }: GatewayPorts,
): Promise<Found> {
  const { authorization, authorizerId = '' } = route.method;
  if (authorization === 'NONE') return {};
  if (authorization === 'AWS_IAM') return { identity: signedIn ? TOKEN_HOLDER : iamCaller(request, iam, Date.now()) };
  const authorizer = request.api.authorizers.get(authorizerId);
  if (authorizer === undefined) throw new GatewayFault('AUTHORIZER_CONFIGURATION_ERROR');

  return { context: await authorizers.authorize(authorizer, request, route) };
}

async function integrate(
  request: GatewayRequest,
  route: Route,
  { context, identity }: Found,
  { lambda }: GatewayPorts,
): Promise<HttpAnswer> {
  const { functionArn, timeoutMs } = route.method;
  const caller = { service: 'apigateway.amazonaws.com', sourceArn: integrationArn(request, route) };
  const invocation = lambda
    .invoke(functionArn, proxyEvent(identity === undefined ? request : unsigned(request), route, context, identity), {
      caller,
    })
    .catch((cause: unknown) => {
      throw invocationFault(cause);
    });
  const { payload, functionError } = await within(invocation, timeoutMs, () => new GatewayFault('INTEGRATION_TIMEOUT'));
  if (functionError !== undefined) throw new GatewayFault('INTEGRATION_FAILURE', { cause: payload });

  return proxyResponse(payload, request);
}

/** What is signed for IAM is for the gateway: functions of AWS_IAM methods get no Authorization header. */
function unsigned(request: GatewayRequest): GatewayRequest {
  return { ...request, headers: request.headers.filter(([name]) => name.toLowerCase() !== 'authorization') };
}

/** A body that passes the gateway and is too much for Lambda is still the caller's; a missing right is the API's own fault. */
function invocationFault(cause: unknown): GatewayFault {
  const code = cause instanceof AwsError ? cause.code : '';
  if (code === 'RequestTooLargeException') return new GatewayFault('REQUEST_TOO_LARGE', { cause });
  if (code === 'AccessDeniedException' || code === 'ResourceNotFoundException') {
    return new GatewayFault('API_CONFIGURATION_ERROR', { cause });
  }

  return new GatewayFault('INTEGRATION_FAILURE', { cause });
}
