import type { APIGatewayProxyEvent, APIGatewayRequestAuthorizerEvent } from 'aws-lambda';
import type { Pairs, SignableRequest } from '../../core/apic/canonical-request.ts';
import { percentDecode } from '../../core/apic/percent-encoding.ts';

type GatewayEvent = APIGatewayProxyEvent | APIGatewayRequestAuthorizerEvent;

/**
 * The request a signature covers, as authorizer and function both get it. Path: `requestContext.path`, with stage or base path, as the caller
 * signed it. Query and headers: as the gateway decoded them, which is also all that a backend reads.
 */
export function signableRequest(event: GatewayEvent): SignableRequest {
  return {
    method: event.httpMethod,
    path: event.requestContext.path,
    query: queryOf(event),
    headers: headersOf(event),
  };
}

export function queryOf(event: GatewayEvent): Pairs {
  return pairsOf(event.multiValueQueryStringParameters, event.queryStringParameters);
}

export function headersOf(event: GatewayEvent): Pairs {
  return pairsOf(event.multiValueHeaders, event.headers);
}

/**
 * Decoded once, from the path as it was sent. Whether the gateway's own arrive decoded is not written down, and what is decoded twice is
 * another value: `%2541` is `%41`, not `A`.
 */
export function pathParametersOf({ resource, path, pathParameters }: GatewayEvent): Record<string, string> {
  const names = resource.split('/').map((part) => /^\{([^{}+]+)\}$/.exec(part)?.[1]);
  // The last ones: before them an own domain has its base path. A slash at the end is no segment.
  const sent = path
    .replace(/(?!^)\/$/, '')
    .split('/')
    .slice(-names.length);
  const named = names.flatMap((name, index) =>
    name === undefined ? [] : [[name, percentDecode(sent[index] ?? '')] as const],
  );

  return { ...definedOf(pathParameters), ...Object.fromEntries(named) };
}

/** The exact bytes sent. */
export function bodyOf({ body, isBase64Encoded }: APIGatewayProxyEvent): Uint8Array {
  return Buffer.from(body ?? '', isBase64Encoded ? 'base64' : 'utf8');
}

function pairsOf(
  several: Record<string, string[] | undefined> | null | undefined,
  single: Record<string, string | undefined> | null | undefined,
): Pairs {
  const values =
    several ?? Object.fromEntries(Object.entries(single ?? {}).map(([name, value]) => [name, [value ?? '']]));

  return Object.entries(values).flatMap(([name, list]) => (list ?? []).map((value) => [name, value] as const));
}

function definedOf(values: Record<string, string | undefined> | null): Record<string, string> {
  return Object.fromEntries(Object.entries(values ?? {}).map(([name, value]) => [name, value ?? '']));
}
