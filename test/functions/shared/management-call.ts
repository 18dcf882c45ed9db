import type { APIGatewayProxyEvent } from 'aws-lambda';
import type { ManagementHandler } from '../../../functions/shared/management-chain.ts';

export interface Call {
  readonly method?: string;
  /** The gateway's resource. */
  readonly resource: string;
  readonly path?: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, string>>;
  /** Sent as JSON; a string as it is. */
  readonly body?: unknown;
  readonly base64?: boolean;
}

/** An event as a REST API with IAM authorisation sends it. */
export function managementEvent(call: Call): APIGatewayProxyEvent {
  const { method = 'GET', resource, path = {}, query = {}, body, base64 = false } = call;
  const text = typeof body === 'string' || body === undefined ? (body ?? null) : JSON.stringify(body);

  return {
    resource,
    path: resource.replaceAll(/\{(\w+)\}/g, (_, name) => path[name] ?? name),
    httpMethod: method,
    headers: { Host: 'abc123.execute-api.eu-west-1.amazonaws.com' },
    multiValueHeaders: {},
    queryStringParameters: Object.keys(query).length > 0 ? query : null,
    multiValueQueryStringParameters: null,
    pathParameters: Object.keys(path).length > 0 ? path : null,
    stageVariables: null,
    requestContext: {
      accountId: '123456789012',
      apiId: 'abc123',
      requestId: '11111111-2222-3333-4444-555555555555',
      stage: 'RELEASE',
      httpMethod: method,
      identity: {
        userArn: 'arn:aws:iam::123456789012:user/operator',
        caller: 'AIDAEXAMPLE',
        accountId: '123456789012',
        sourceIp: '192.0.2.1',
      },
    },
    body: text !== null && base64 ? Buffer.from(text).toString('base64') : text,
    isBase64Encoded: base64,
  } as unknown as APIGatewayProxyEvent;
}

export async function callManagement(
  handler: ManagementHandler,
  call: Call,
): Promise<{ status: number; headers: Record<string, unknown>; body: Record<string, unknown> }> {
  const { statusCode, headers = {}, body } = await handler(managementEvent(call));

  return { status: statusCode, headers, body: JSON.parse(body) };
}
