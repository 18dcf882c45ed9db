import { ACCOUNT, REGION } from '../account.ts';
import type { GatewayRequest } from './gateway-request.ts';
import { headerOf } from './gateway-request.ts';
import type { CallerIdentity } from './iam-caller.ts';
import type { Route } from './route-tree.ts';

/** What an authorizer gave the call: strings only. */
export type AuthorizerContext = Readonly<Record<string, string>>;

/**
 * The parts both events share.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html#api-gateway-simple-proxy-for-lambda-input-format
 */
function commonEvent(request: GatewayRequest, { resourcePath }: Route) {
  return {
    resource: resourcePath,
    path: request.path,
    httpMethod: request.httpMethod,
    ...headerMaps(request.headers),
  };
}

interface HeaderMaps {
  readonly headers: Readonly<Record<string, string>>;
  readonly multiValueHeaders: Readonly<Record<string, readonly string[]>>;
}

const maps = new WeakMap<GatewayRequest['headers'], HeaderMaps>();

/** Authorizer and function of a call get the same. */
function headerMaps(pairs: GatewayRequest['headers']): HeaderMaps {
  const known = maps.get(pairs) ?? { headers: single(pairs), multiValueHeaders: multiple(pairs) };
  maps.set(pairs, known);

  return known;
}

/** https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-lambda-authorizer-input.html: no body, nothing null. */
export function authorizerEvent(request: GatewayRequest, route: Route) {
  return {
    type: 'REQUEST',
    methodArn: methodArn(request),
    ...commonEvent(request, route),
    queryStringParameters: single(request.query),
    multiValueQueryStringParameters: multiple(request.query),
    pathParameters: route.pathParameters,
    stageVariables: request.stage.variables,
    requestContext: requestContext(request, route),
  };
}

export function proxyEvent(
  request: GatewayRequest,
  route: Route,
  authorizer: AuthorizerContext | undefined,
  identity?: CallerIdentity,
) {
  const { body, api, query } = request;
  const binary = body.length > 0 && api.isBinary(headerOf(request, 'content-type') ?? '');

  return {
    ...commonEvent(request, route),
    queryStringParameters: orNull(single(query)),
    multiValueQueryStringParameters: orNull(multiple(query)),
    pathParameters: orNull(route.pathParameters),
    stageVariables: orNull(request.stage.variables),
    requestContext: {
      ...requestContext(request, route, identity),
      ...(authorizer === undefined ? {} : { authorizer }),
    },
    body: body.length === 0 ? null : body.toString(binary ? 'base64' : 'utf8'),
    isBase64Encoded: binary,
  };
}

/** What an authorizer's policy is judged against. */
export function methodArn({ api, stage, httpMethod, path }: GatewayRequest): string {
  return executeArn(`${api.id}/${stage.name}/${httpMethod}${path}`);
}

/** The source a function's resource policy is asked for: parameters of the resource's path become `*`. */
export function integrationArn({ api, stage, httpMethod }: GatewayRequest, { resourcePath }: Route): string {
  return executeArn(`${api.id}/${stage.name}/${httpMethod}${resourcePath.replaceAll(/\{[^}]+\}/g, '*')}`);
}

export function executeArn(resource: string): string {
  return `arn:aws:execute-api:${REGION}:${ACCOUNT}:${resource}`;
}

function requestContext(request: GatewayRequest, { resourceId, resourcePath }: Route, identity?: CallerIdentity) {
  const { api, stage, host, receivedAt } = request;
  const domainName = host.replace(/:\d+$/, '');

  return {
    accountId: ACCOUNT,
    apiId: api.id,
    domainName,
    domainPrefix: domainName.split('.')[0],
    extendedRequestId: request.extendedRequestId,
    httpMethod: request.httpMethod,
    identity: {
      accessKey: identity?.accessKey ?? null,
      accountId: identity?.accountId ?? null,
      caller: identity?.caller ?? null,
      cognitoAuthenticationProvider: null,
      cognitoAuthenticationType: null,
      cognitoIdentityId: null,
      cognitoIdentityPoolId: null,
      principalOrgId: null,
      sourceIp: request.sourceIp,
      user: identity?.user ?? null,
      userAgent: headerOf(request, 'user-agent') ?? null,
      userArn: identity?.userArn ?? null,
    },
    path: request.fullPath,
    protocol: 'HTTP/1.1',
    requestId: request.requestId,
    requestTime: clfTime(receivedAt),
    requestTimeEpoch: receivedAt,
    resourceId,
    resourcePath,
    stage: stage.name,
  };
}

function single(pairs: readonly (readonly [string, string])[]): Record<string, string> {
  return Object.fromEntries(pairs);
}

function multiple(pairs: readonly (readonly [string, string])[]): Record<string, string[]> {
  const values = new Map<string, string[]>();
  for (const [name, value] of pairs) {
    const known = values.get(name);
    if (known === undefined) values.set(name, [value]);
    else known.push(value);
  }

  return Object.fromEntries(values);
}

function orNull<T extends object>(value: T): T | null {
  return Object.keys(value).length === 0 ? null : value;
}

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

let second = 0;
let text = '';

/** `12/Mar/2026:19:03:58 +0000`; the same text for a second. */
function clfTime(at: number): string {
  const now = Math.floor(at / 1000);
  if (now !== second) {
    second = now;
    text = writeTime(at);
  }

  return text;
}

function writeTime(at: number): string {
  const date = new Date(at);
  const day = String(date.getUTCDate()).padStart(2, '0');

  return `${day}/${MONTHS[date.getUTCMonth()]}/${date.getUTCFullYear()}:${date.toISOString().slice(11, 19)} +0000`;
}
