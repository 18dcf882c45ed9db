import { afterEach, expect, test } from '@jest/globals';
import { AwsError } from '../../../local/errors.ts';
import { apiGatewayStage } from '../../../local/resources/api-gateway-stage.ts';
import { type Call, type GatewayFixture, startGateway } from './gateway-fixture.ts';

let gateway: GatewayFixture;

afterEach(() => gateway.stop());

test('a call reaches its function as the event of AWS, byte for byte', async () => {
  gateway = await startGateway();
  gateway.method('POST', '/parking/spaces/{deviceId}');
  const body = Buffer.from([0, 255, 10]);

  const answer = await gateway.call('/Parking/parking/spaces/S%2F1%20a?a=1&b=x%20y+z&a=2&empty', {
    method: 'POST',
    headers: { 'X-Custom': ['1', '2'], 'Content-Type': 'application/json', 'User-Agent': 'test' },
    body,
  });

  expect(answer.status).toBe(200);
  expect(gateway.calls).toHaveLength(1);
  expect(gateway.calls[0]).toMatchObject({
    target: 'arn:aws:lambda:us-east-1:000000000000:function:data',
    caller: {
      service: 'apigateway.amazonaws.com',
      sourceArn: `arn:aws:execute-api:us-east-1:000000000000:${gateway.ids.api}/RELEASE/POST/parking/spaces/*`,
    },
  });
  const { headers, multiValueHeaders, requestContext, ...event } = (gateway.calls[0] as Call).event;
  expect(event).toEqual({
    resource: '/parking/spaces/{deviceId}',
    path: '/parking/spaces/S%2F1%20a',
    httpMethod: 'POST',
    queryStringParameters: { a: '2', b: 'x y z', empty: '' },
    multiValueQueryStringParameters: { a: ['1', '2'], b: ['x y z'], empty: [''] },
    pathParameters: { deviceId: 'S/1 a' },
    stageVariables: null,
    body: body.toString('base64'),
    isBase64Encoded: true,
  });
  expect(headers).toMatchObject({
    'X-Custom': '2',
    Host: `127.0.0.1:${gateway.port}`,
    'X-Forwarded-For': '127.0.0.1',
    'X-Forwarded-Port': String(gateway.port),
    'X-Forwarded-Proto': 'http',
    'X-Amzn-Trace-Id': expect.stringMatching(/^Root=1-[0-9a-f]{8}-[0-9a-f]{24}$/),
  });
  expect(headers).not.toHaveProperty('Connection');
  expect(multiValueHeaders).toMatchObject({ 'X-Custom': ['1', '2'], 'Content-Type': ['application/json'] });
  expect(requestContext).toEqual({
    accountId: '000000000000',
    apiId: gateway.ids.api,
    domainName: '127.0.0.1',
    domainPrefix: '127',
    extendedRequestId: expect.any(String),
    httpMethod: 'POST',
    identity: expect.objectContaining({ sourceIp: '127.0.0.1', userAgent: 'test', userArn: null, accountId: null }),
    path: '/Parking/parking/spaces/S%2F1%20a',
    protocol: 'HTTP/1.1',
    requestId: expect.stringMatching(/^[0-9a-f-]{36}$/),
    requestTime: expect.stringMatching(/^\d\d\/[A-Z][a-z]{2}\/\d{4}:\d\d:\d\d:\d\d \+0000$/),
    requestTimeEpoch: expect.any(Number),
    resourceId: expect.stringMatching(/^[0-9a-z]{6}$/),
    resourcePath: '/parking/spaces/{deviceId}',
    stage: 'RELEASE',
  });
  expect(answer.headers['x-amzn-requestid']).toBe(requestContext.requestId);
});

test('a call without query, parameters and body has null in their place', async () => {
  gateway = await startGateway();
  gateway.method('GET', '/');

  await gateway.call('/Parking');

  expect(gateway.calls[0]?.event).toMatchObject({
    path: '/',
    resource: '/',
    queryStringParameters: null,
    multiValueQueryStringParameters: null,
    pathParameters: null,
    body: null,
    isBase64Encoded: false,
    requestContext: { path: '/Parking', resourceId: gateway.ids.root },
  });
  expect(gateway.calls[0]?.caller.sourceArn).toMatch(/\/RELEASE\/GET\/$/);
});

test.each([
  ['GET', '/Parking/parking/free', '/parking/free'],
  ['GET', '/Parking/parking/free/', '/parking/free'],
  ['GET', '/Parking/parking/S-001', '/parking/{space}'],
  ['GET', '/Parking/parking/free/now', '/parking/{space}/{proxy+}'],
  ['GET', '/Parking/parking/S-001/a/b', '/parking/{space}/{proxy+}'],
  ['GET', '/Parking/other/a', '/{proxy+}'],
  ['POST', '/Parking/parking', '/{proxy+}'],
  ['DELETE', '/Parking/parking/any', '/parking/any'],
  ['PATCH', '/Parking/', '/'],
])('%s %s is answered by %s', async (method, path, resource) => {
  gateway = await startGateway();
  gateway.method('GET', '/parking/free');
  gateway.method('GET', '/parking/{space}');
  gateway.method('GET', '/parking/{space}/{proxy+}');
  gateway.method('ANY', '/parking/any');
  gateway.method('ANY', '/');
  gateway.method('ANY', '/{proxy+}');

  await gateway.call(path, { method });

  expect(gateway.calls[0]?.event.resource).toBe(resource);
});

test('a greedy parameter holds all its levels', async () => {
  gateway = await startGateway();
  gateway.method('ANY', '/{proxy+}');

  await gateway.call('/Parking/a/b%20c/d');

  expect(gateway.calls[0]?.event.pathParameters).toEqual({ proxy: 'a/b c/d' });
});

test.each([
  ['a method the resource does not have', '/Parking/parking/free', 'POST', {}, 403, 'Missing Authentication Token'],
  ['a path nobody has', '/Parking/nothing', 'GET', {}, 403, 'Missing Authentication Token'],
  ['an API nobody has', '/Elsewhere/parking/free', 'GET', {}, 403, 'Forbidden'],
  ['a stage the API does not have', '/Parking/parking/free', 'GET', { 'X-Stage': 'TEST' }, 403, 'Forbidden'],
  ['a host name of a stranger', '/Parking/parking/free', 'GET', { Host: 'evil.example' }, 403, 'Forbidden'],
  [
    'headers of more than 20 KB',
    '/Parking/parking/free',
    'GET',
    { 'X-Big': 'x'.repeat(20_480) },
    431,
    'Request Header Fields Too Large',
  ],
  ['a path of more than 1,600 bytes', `/Parking/parking/${'x'.repeat(1600)}`, 'PUT', {}, 414, 'Request URI too long'],
])('%s is refused in the words of the gateway', async (_, path, method, headers, status, message) => {
  gateway = await startGateway();
  gateway.method('GET', '/parking/free');
  gateway.method('PUT', '/parking/{space}');

  const answer = await gateway.call(path, { method, headers });

  expect([answer.status, JSON.parse(answer.body)]).toEqual([status, { message }]);
  expect(answer.headers['x-amzn-errortype']).toMatch(/Exception$/);
  expect(gateway.calls).toEqual([]);
});

test('the stage is the one of X-Stage', async () => {
  gateway = await startGateway();
  gateway.method('GET', '/free');
  gateway.apply(apiGatewayStage, 'Test', {
    RestApiId: gateway.ids.api,
    StageName: 'TEST',
    Variables: { colour: 'red' },
  });

  await gateway.call('/Parking/free', { headers: { 'x-stage': 'TEST' } });

  expect(gateway.calls[0]?.event).toMatchObject({
    stageVariables: { colour: 'red' },
    requestContext: { stage: 'TEST' },
  });
});

test('a body of more than 10 MB is refused, whether it is announced or not', async () => {
  gateway = await startGateway();
  gateway.method('POST', '/free');
  const body = Buffer.alloc(10 * 1024 * 1024 + 1);

  const announced = await gateway.call('/Parking/free', { method: 'POST', body }).catch((error: unknown) => error);
  const chunked = await gateway
    .call('/Parking/free', { method: 'POST', headers: { 'Transfer-Encoding': 'chunked' }, body })
    .catch((error: unknown) => error);

  // A client that is still writing may see the connection go before it sees the answer.
  for (const answer of [announced, chunked]) {
    expect(answer).toMatchObject(
      'status' in (answer as object) ? { status: 413 } : { code: expect.stringMatching(/EPIPE|ECONNRESET/) },
    );
  }
  expect(gateway.calls).toEqual([]);
  expect(gateway.lines).toMatchObject([{ status: 413 }, { status: 413 }]);
});

test('a body of exactly 10 MB is passed on', async () => {
  gateway = await startGateway({ data: () => ({ statusCode: 204 }) });
  gateway.method('POST', '/free');

  const answer = await gateway.call('/Parking/free', { method: 'POST', body: Buffer.alloc(10 * 1024 * 1024, 'a') });

  expect(answer.status).toBe(204);
});

test("a function's answer becomes the response, with all its headers", async () => {
  gateway = await startGateway({
    data: () => ({
      statusCode: 201,
      headers: {
        'Content-Type': 'text/plain',
        'X-One': 1,
        'Set-Cookie': 'dropped',
        Date: 'never',
        'Content-Length': 5,
      },
      multiValueHeaders: { 'set-cookie': ['a=1', 'b=2'] },
      body: 'grüezi',
    }),
  });
  gateway.method('GET', '/free');

  const answer = await gateway.call('/Parking/free');

  expect([answer.status, answer.body]).toEqual([201, 'grüezi']);
  expect(answer.headers).toMatchObject({
    'content-type': 'text/plain',
    'x-one': '1',
    'set-cookie': ['a=1', 'b=2'],
    'x-amzn-remapped-date': 'never',
    'content-length': '7',
  });
});

test('a base64 body is sent as its bytes', async () => {
  const bytes = Buffer.from([0, 255, 254]);
  gateway = await startGateway({
    data: () => ({ statusCode: 200, body: bytes.toString('base64'), isBase64Encoded: true }),
  });
  gateway.method('GET', '/free');

  expect((await gateway.call('/Parking/free')).bytes).toEqual(bytes);
});

test.each<[string, unknown]>([
  ['no object', 'text'],
  ['nothing', undefined],
  ['no status', { body: 'x' }],
  ['a status that is none', { statusCode: 99 }],
  ['a body that is no text', { statusCode: 200, body: { a: 1 } }],
  ['headers that are a list', { statusCode: 200, headers: ['a'] }],
  ['a header that is an object', { statusCode: 200, headers: { a: {} } }],
  ['a header with a line break', { statusCode: 200, headers: { a: 'b\r\nc: d' } }],
  ['a multi-value header that is text', { statusCode: 200, multiValueHeaders: { a: 'b' } }],
  ['a truth value that is text', { statusCode: 200, isBase64Encoded: 'true' }],
  ['an error', new TypeError('boom')],
])('a function that answers %s is an internal server error', async (_, output) => {
  gateway = await startGateway({ data: () => output });
  gateway.method('GET', '/free');

  const answer = await gateway.call('/Parking/free');

  expect([answer.status, JSON.parse(answer.body)]).toEqual([502, { message: 'Internal server error' }]);
  expect(gateway.lines).toMatchObject([{ status: 502, responseType: 'INTEGRATION_FAILURE', path: '/Parking/free' }]);
});

test.each([
  ['RequestTooLargeException', 413],
  ['AccessDeniedException', 500],
  ['ResourceNotFoundException', 500],
  ['TooManyRequestsException', 502],
])('an invocation that Lambda refuses with %s is answered %d', async (code, status) => {
  gateway = await startGateway({
    data: () => Promise.reject(new AwsError(code, 'because')),
  });
  gateway.method('GET', '/free');

  expect((await gateway.call('/Parking/free')).status).toBe(status);
  expect(gateway.lines[0]).toMatchObject({ reason: 'because' });
});

test('an integration that takes too long is a time-out', async () => {
  gateway = await startGateway({ data: () => new Promise(() => {}) });
  gateway.method('GET', '/free', {
    Integration: {
      Type: 'AWS_PROXY',
      Uri: 'arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/arn:aws:lambda:us-east-1:000000000000:function:data/invocations',
      TimeoutInMillis: 50,
    },
  });

  const answer = await gateway.call('/Parking/free');

  expect([answer.status, JSON.parse(answer.body)]).toEqual([504, { message: 'Endpoint request timed out' }]);
});

test('every call is a line in the log, under the id the caller sees', async () => {
  gateway = await startGateway({ data: () => ({ statusCode: 200, headers: { 'X-Request-Id': 'f'.repeat(32) } }) });
  gateway.method('GET', '/free');

  const answer = await gateway.call('/Parking/free?secret=1');

  expect(gateway.lines).toEqual([
    {
      message: 'request',
      requestId: answer.headers['x-amzn-requestid'],
      responseId: 'f'.repeat(32),
      api: 'Parking',
      stage: 'RELEASE',
      method: 'GET',
      path: '/Parking/free',
      resource: '/free',
      status: 200,
      milliseconds: expect.any(Number),
    },
  ]);
});

test('one connection serves one call after the other', async () => {
  gateway = await startGateway();
  gateway.method('GET', '/free');
  const url = `http://127.0.0.1:${gateway.port}/Parking/free`;

  const statuses = [await fetch(url), await fetch(url), await fetch(`${url}/nothing`), await fetch(url)];

  expect(statuses.map(({ status }) => status)).toEqual([200, 200, 403, 200]);
  await Promise.all(statuses.map((response) => response.arrayBuffer()));
});

test('stopping frees the port', async () => {
  gateway = await startGateway();

  await gateway.stop();

  await expect(gateway.call('/Parking/free')).rejects.toMatchObject({ code: 'ECONNREFUSED' });
});
