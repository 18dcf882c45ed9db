import { afterEach, expect, jest, test } from '@jest/globals';
import { AwsError } from '../../../local/errors.ts';
import { apiGatewayStage } from '../../../local/resources/api-gateway-stage.ts';
import { addAuthorizer, type Call, freePort, type GatewayFixture, startGateway, verdict } from './gateway-fixture.ts';

let gateway: GatewayFixture;

afterEach(async () => {
  jest.useRealTimers();
  await gateway.stop();
});

const invoked = (name: string) => gateway.calls.filter(({ target }) => target.endsWith(`:${name}`));

/** `GET /free` and `POST /free/{id}` behind an authorizer. */
async function start(authorize: (event: never) => unknown, authorizer: object = {}) {
  gateway = await startGateway({ authorize });
  const AuthorizerId = addAuthorizer(gateway, authorizer);
  gateway.method('GET', '/free', { AuthorizationType: 'CUSTOM', AuthorizerId });
  gateway.method('POST', '/free/{id}', { AuthorizationType: 'CUSTOM', AuthorizerId });
  return AuthorizerId;
}

test('an authorizer gets the event of AWS, without the body, and its context reaches the function as text', async () => {
  const id = await start((event) => verdict(event, 'Allow', { verdict: 'allow', status: 200, checked: true }));

  await gateway.call('/Parking/free/a%20b?q=1', { method: 'POST', body: 'secret', headers: { 'X-Auth': 'me' } });

  const [{ event, caller }] = invoked('authorize') as [Call];
  expect(caller).toEqual({
    service: 'apigateway.amazonaws.com',
    sourceArn: `arn:aws:execute-api:us-east-1:000000000000:${gateway.ids.api}/authorizers/${id}`,
  });
  expect(event).toEqual({
    type: 'REQUEST',
    methodArn: `arn:aws:execute-api:us-east-1:000000000000:${gateway.ids.api}/RELEASE/POST/free/a%20b`,
    resource: '/free/{id}',
    path: '/free/a%20b',
    httpMethod: 'POST',
    headers: expect.objectContaining({ 'X-Auth': 'me' }),
    multiValueHeaders: expect.objectContaining({ 'X-Auth': ['me'] }),
    queryStringParameters: { q: '1' },
    multiValueQueryStringParameters: { q: ['1'] },
    pathParameters: { id: 'a b' },
    stageVariables: {},
    requestContext: expect.objectContaining({
      path: '/Parking/free/a%20b',
      stage: 'RELEASE',
      apiId: gateway.ids.api,
      resourcePath: '/free/{id}',
      requestId: expect.stringMatching(/^[0-9a-f-]{36}$/),
      identity: expect.objectContaining({ sourceIp: '127.0.0.1' }),
    }),
  });
  expect(invoked('data')[0]?.event.requestContext.authorizer).toEqual({
    principalId: 'caller',
    verdict: 'allow',
    status: '200',
    checked: 'true',
    integrationLatency: expect.stringMatching(/^\d+$/),
  });
});

test.each<[string, (event: never) => unknown, number, string]>([
  ['a deny', (event) => verdict(event, 'Deny'), 403, 'ACCESS_DENIED'],
  [
    'a policy for another method',
    () => verdict({ methodArn: 'arn:aws:execute-api:*:*:x/y/GET/z' }),
    403,
    'ACCESS_DENIED',
  ],
  ['Unauthorized', () => new TypeError('Unauthorized'), 401, 'UNAUTHORIZED'],
  ['another error', () => new TypeError('boom'), 500, 'AUTHORIZER_FAILURE'],
  ['no principal', (event) => ({ ...verdict(event), principalId: undefined }), 500, 'AUTHORIZER_CONFIGURATION_ERROR'],
  ['no policy', (event) => ({ ...verdict(event), policyDocument: undefined }), 500, 'AUTHORIZER_CONFIGURATION_ERROR'],
  ['a context of objects', (event) => verdict(event, 'Allow', { a: {} }), 500, 'AUTHORIZER_CONFIGURATION_ERROR'],
  ['nothing', () => undefined, 500, 'AUTHORIZER_CONFIGURATION_ERROR'],
  [
    'a resource of more than 512 characters',
    () => verdict({ methodArn: `arn:aws:execute-api:*:*:*${'*'.repeat(512)}` }),
    500,
    'AUTHORIZER_CONFIGURATION_ERROR',
  ],
  [
    'no permission to invoke it',
    () => Promise.reject(new AwsError('AccessDeniedException', 'no')),
    500,
    'AUTHORIZER_CONFIGURATION_ERROR',
  ],
])('an authorizer that answers %s lets nobody through', async (_, authorize, status, responseType) => {
  await start(authorize);

  const answer = await gateway.call('/Parking/free');

  expect(answer.status).toBe(status);
  expect(gateway.lines).toMatchObject([{ status, responseType }]);
  expect(invoked('data')).toEqual([]);
});

test('the texts of a deny are those of the gateway', async () => {
  await start((event) => verdict(event, 'Deny'));

  expect(JSON.parse((await gateway.call('/Parking/free')).body)).toEqual({
    message: 'User is not authorized to access this resource with an explicit deny',
  });
});

test('a method whose authorizer is gone is refused', async () => {
  await start(verdict);
  gateway.method('GET', '/free', { AuthorizationType: 'CUSTOM', AuthorizerId: 'gone' });

  expect((await gateway.call('/Parking/free')).status).toBe(500);
});

test('without a cache every call is judged', async () => {
  await start(verdict);

  await gateway.call('/Parking/free');
  await gateway.call('/Parking/free');

  expect(invoked('authorize')).toHaveLength(2);
});

test('an answer is kept for its time, for the same identity, and its policy is judged for every method', async () => {
  jest.useFakeTimers({
    now: 1_700_000_000_000,
    doNotFake: ['nextTick', 'setImmediate', 'setTimeout', 'queueMicrotask', 'performance'],
  });
  await start(verdict, {
    AuthorizerResultTtlInSeconds: 10,
    IdentitySource: 'method.request.header.X-Auth, method.request.querystring.q',
  });
  const call = (method: string, path: string, auth: string) =>
    gateway.call(path, { method, headers: { 'X-Auth': auth } }).then(({ status }) => status);

  const statuses = [
    await call('GET', '/Parking/free?q=1', 'a'),
    await call('GET', '/Parking/free?q=1', 'a'),
    // Allowed was the method that was asked for, and nothing else.
    await call('POST', '/Parking/free/1?q=1', 'a'),
    await call('GET', '/Parking/free?q=2', 'a'),
    await call('GET', '/Parking/free?q=1', 'b'),
  ];
  expect(statuses).toEqual([200, 200, 403, 200, 200]);
  expect(invoked('authorize')).toHaveLength(3);

  jest.setSystemTime(1_700_000_010_000);
  await call('GET', '/Parking/free?q=1', 'a');

  expect(invoked('authorize')).toHaveLength(4);
});

test('a call without an identity source is unauthorized, and nobody is asked', async () => {
  await start(verdict, { IdentitySource: 'method.request.header.X-Auth,context.httpMethod' });

  expect((await gateway.call('/Parking/free')).status).toBe(401);
  expect((await gateway.call('/Parking/free', { headers: { 'X-Auth': '' } })).status).toBe(401);
  expect((await gateway.call('/Parking/free', { headers: { 'X-Auth': 'x' } })).status).toBe(200);

  expect(invoked('authorize')).toHaveLength(1);
});

test('a method with IAM is open to the token of an exposed API, and to nothing else', async () => {
  gateway = await startGateway();
  gateway.method('GET', '/instance', { AuthorizationType: 'AWS_IAM' });
  const port = await freePort();
  await gateway.engine.exposeApi(gateway.ids.api, port, 'token');
  const call = (path: string, authorization?: string, at = port) =>
    gateway.call(path, { port: at, ...(authorization !== undefined && { headers: { Authorization: authorization } }) });

  const answers = [
    await call('/instance'),
    await call('/instance', 'Bearer other'),
    await call('/instance', 'Bearer tokens'),
    await call('/Parking/instance', 'Bearer token', gateway.port),
    await call('/instance', 'Bearer token'),
  ];

  expect(answers.map(({ status }) => status)).toEqual([403, 403, 403, 403, 200]);
  expect(JSON.parse(answers[0]?.body ?? '')).toEqual({ message: 'Missing Authentication Token' });
  const { event } = gateway.calls[0] as Call;
  expect(event).toMatchObject({ path: '/instance', requestContext: { path: '/instance', stage: 'RELEASE' } });
  expect(event.requestContext.identity).toMatchObject({ userArn: 'arn:aws:iam::000000000000:root', user: 'local' });
  expect(JSON.stringify(event)).not.toContain('token');
});

test('an exposed API checks the host, too, and goes when the gateway stops', async () => {
  gateway = await startGateway();
  gateway.method('GET', '/instance');
  const port = await freePort();
  await gateway.engine.exposeApi(gateway.ids.api, port, 'token');

  expect((await gateway.call('/instance', { port, headers: { Host: 'evil.example' } })).status).toBe(403);
  await gateway.stop();

  await expect(gateway.call('/instance', { port })).rejects.toMatchObject({ code: 'ECONNREFUSED' });
});

test('a port that is taken is named', async () => {
  gateway = await startGateway();

  await expect(gateway.engine.exposeApi(gateway.ids.api, gateway.port, 'token')).rejects.toThrow(
    `Port ${gateway.port} (API ${gateway.ids.api}) is taken by another program`,
  );
});

test('a stage takes as many calls at once as its burst, and one setting can be closer than another', async () => {
  gateway = await startGateway();
  gateway.method('GET', '/free');
  gateway.method('GET', '/busy/{id}');
  gateway.apply(apiGatewayStage, 'Stage', {
    RestApiId: gateway.ids.api,
    StageName: 'RELEASE',
    MethodSettings: [
      { ResourcePath: '/*', HttpMethod: '*', ThrottlingRateLimit: 0.001, ThrottlingBurstLimit: 2 },
      { ResourcePath: '/~1busy~1{id}', HttpMethod: 'GET', ThrottlingRateLimit: 0.001, ThrottlingBurstLimit: 1 },
      { ResourcePath: '/*', HttpMethod: '*', LoggingLevel: 'ERROR' },
    ],
  });
  const statuses = async (path: string) => {
    const answers = [await gateway.call(path), await gateway.call(path), await gateway.call(path)];
    return answers.map(({ status }) => status);
  };

  expect(await statuses('/Parking/free')).toEqual([200, 200, 429]);
  expect(await statuses('/Parking/busy/1')).toEqual([200, 429, 429]);
});

test('the address that AWS gives an API leads to it on this machine, any other stays what it is', () => {
  const { engine, ids, port } = gateway;
  const there = (id: string, stage = 'RELEASE') =>
    `https://${id}.execute-api.us-east-1.amazonaws.com/${stage}/free?x=1`;

  expect(engine.addressHere(there(ids.api))).toMatch(new RegExp(`^http://127\\.0\\.0\\.1:${port}/\\w+/free\\?x=1$`));
  for (const other of [there('another1'), there(ids.api, 'TEST'), 'https://example.com/RELEASE/', '']) {
    expect(engine.addressHere(other)).toBe(other);
  }
});
