import type { APIGatewayProxyEvent } from 'aws-lambda';
import type { Pairs } from '../../core/apic/canonical-request.ts';
import type { TestCall } from '../../core/apic/test-call.ts';
import { type Verdict, verdictContext } from '../../core/apic/verdict.ts';

/**
 * The event of a call that came through no gateway. It brings its verdict itself: whoever may invoke the function might do the same, so that
 * right is what guards the functions of APIs, here as behind the gateway.
 */
export function testEvent(call: TestCall, stage: string, verdict: Verdict): APIGatewayProxyEvent {
  const { method, path, resource, pathParameters, body } = call;

  return {
    resource,
    path,
    httpMethod: method,
    ...headersOf(call.headers),
    ...queryOf(call.query),
    pathParameters: Object.keys(pathParameters).length === 0 ? null : { ...pathParameters },
    stageVariables: null,
    requestContext: {
      resourcePath: resource,
      httpMethod: method,
      path: `/${stage}${path}`,
      stage,
      requestId: verdict.requestId,
      authorizer: verdictContext(verdict),
    },
    body: body === '' ? null : Buffer.from(body).toString('base64'),
    isBase64Encoded: body !== '',
  } as unknown as APIGatewayProxyEvent;
}

function headersOf(pairs: Pairs) {
  return { headers: Object.fromEntries(pairs), multiValueHeaders: grouped(pairs) };
}

function queryOf(pairs: Pairs) {
  const none = pairs.length === 0;

  return {
    queryStringParameters: none ? null : Object.fromEntries(pairs),
    multiValueQueryStringParameters: none ? null : grouped(pairs),
  };
}

function grouped(pairs: Pairs): Record<string, string[]> {
  const groups = Map.groupBy(pairs, ([name]) => name);

  return Object.fromEntries([...groups].map(([name, group]) => [name, group.map(([, value]) => value)]));
}
