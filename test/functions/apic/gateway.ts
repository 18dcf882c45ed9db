import type {
  APIGatewayAuthorizerResult,
  APIGatewayProxyEvent,
  APIGatewayProxyResult,
  APIGatewayRequestAuthorizerEvent,
  Context,
} from 'aws-lambda';
import type { ApiHandler } from '../../../functions/shared/chain.ts';

export interface GatewayRequest {
  readonly method?: string;
  /** Below the stage: `/parking/spaces/S-001?status=0`. */
  readonly target: string;
  /** The gateway's resource, where it is not the path itself. */
  readonly resource?: string;
  readonly pathParameters?: Record<string, string>;
  readonly headers?: Record<string, string>;
  readonly body?: string | Uint8Array;
}

const STAGE = 'RELEASE';

/** The event for a REQUEST authorizer: everything but the body. */
export function authorizerEvent(request: GatewayRequest): APIGatewayRequestAuthorizerEvent {
  const { body: _body, isBase64Encoded: _encoded, ...rest } = proxyEvent(request);

  return {
    ...rest,
    type: 'REQUEST',
    methodArn: `arn:aws:execute-api:us-east-1:000000000000:api/${STAGE}/${rest.httpMethod}${rest.path}`,
  } as unknown as APIGatewayRequestAuthorizerEvent;
}

/** The event for a function behind a proxy integration. With `binaryMediaTypes` of all types every body comes in base64. */
export function proxyEvent(request: GatewayRequest, authorizer?: Record<string, unknown>): APIGatewayProxyEvent {
  const { method = 'GET', target, resource, pathParameters = null, headers = {}, body } = request;
  const url = new URL(target, 'http://gateway.invalid');
  const names = [...new Set(url.searchParams.keys())];
  const multi = Object.fromEntries(names.map((name) => [name, url.searchParams.getAll(name)]));

  return {
    resource: resource ?? url.pathname,
    path: url.pathname,
    httpMethod: method,
    headers,
    multiValueHeaders: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, [value]])),
    queryStringParameters: names.length === 0 ? null : Object.fromEntries(url.searchParams),
    multiValueQueryStringParameters: names.length === 0 ? null : multi,
    pathParameters,
    stageVariables: null,
    requestContext: { path: `/${STAGE}${url.pathname}`, httpMethod: method, stage: STAGE, authorizer },
    body: body === undefined ? null : Buffer.from(body).toString('base64'),
    isBase64Encoded: body !== undefined,
  } as unknown as APIGatewayProxyEvent;
}

export function context(remainingMs = 29_000): Context {
  return { getRemainingTimeInMillis: () => remainingMs } as unknown as Context;
}

/** A call as the gateway makes it: authorizer, then the function with the authorizer's context. */
export async function through(
  authorize: (event: APIGatewayRequestAuthorizerEvent) => Promise<APIGatewayAuthorizerResult>,
  handler: ApiHandler,
  request: GatewayRequest,
): Promise<APIGatewayProxyResult> {
  const { context: verdict, principalId } = await authorize(authorizerEvent(request));

  return handler(proxyEvent(request, { ...verdict, principalId, integrationLatency: 5 }), context());
}
