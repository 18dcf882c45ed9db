import { afterEach, expect, test } from '@jest/globals';
import { addAuthorizer, addResponse, type GatewayFixture, startGateway, verdict } from './gateway-fixture.ts';

let gateway: GatewayFixture;

afterEach(() => gateway.stop());

const TEMPLATE =
  '{"error_msg":$context.error.messageString,"error_code":"APIC.0301","request_id":"$context.requestId"}';

test('a gateway response has its own status, body and headers, with the request id of the call', async () => {
  gateway = await startGateway();
  gateway.method('GET', '/free');
  addResponse(gateway, 'MISSING_AUTHENTICATION_TOKEN', {
    StatusCode: '401',
    ResponseTemplates: { 'application/json': TEMPLATE },
    ResponseParameters: {
      'gatewayresponse.header.X-Request-Id': 'context.requestId',
      'gatewayresponse.header.X-Static': "'it''s'",
    },
  });

  const answer = await gateway.call('/Parking/nothing');

  const requestId = answer.headers['x-amzn-requestid'];
  expect(answer.status).toBe(401);
  expect(JSON.parse(answer.body)).toEqual({
    error_msg: 'Missing Authentication Token',
    error_code: 'APIC.0301',
    request_id: requestId,
  });
  expect(answer.headers).toMatchObject({
    'content-type': 'application/json',
    'x-request-id': requestId,
    'x-static': "it''s",
    'x-amzn-errortype': 'MissingAuthenticationTokenException',
  });
  expect(gateway.lines).toMatchObject([{ requestId, responseId: requestId, status: 401 }]);
});

test('what has no response of its own takes the default of its class, and keeps its status', async () => {
  gateway = await startGateway({ authorize: () => new TypeError('boom'), data: () => undefined });
  const AuthorizerId = addAuthorizer(gateway);
  gateway.method('GET', '/closed', { AuthorizationType: 'CUSTOM', AuthorizerId });
  gateway.method('GET', '/broken');
  addResponse(gateway, 'DEFAULT_4XX', { ResponseTemplates: { 'application/json': '{"class":4}' } });
  addResponse(gateway, 'DEFAULT_5XX', { ResponseTemplates: { 'text/plain': '$context.error.responseType' } });
  addResponse(gateway, 'INTEGRATION_FAILURE', { StatusCode: '503' });

  const [missing, closed, broken] = [
    await gateway.call('/Parking/nothing'),
    await gateway.call('/Parking/closed'),
    await gateway.call('/Parking/broken'),
  ];

  expect([missing.status, missing.body]).toEqual([403, '{"class":4}']);
  expect([closed.status, closed.headers['content-type'], closed.body]).toEqual([
    500,
    'text/plain',
    'AUTHORIZER_FAILURE',
  ]);
  expect([broken.status, broken.body]).toEqual([503, '{"message":"Internal server error"}']);
});

test('templates and headers name what is known of the call', async () => {
  gateway = await startGateway({ authorize: (event) => verdict(event, 'Deny') });
  const AuthorizerId = addAuthorizer(gateway);
  gateway.method('GET', '/closed/{id}', { AuthorizationType: 'CUSTOM', AuthorizerId });
  const names = ['httpMethod', 'path', 'stage', 'apiId', 'resourcePath', 'identity.sourceIp', 'error.message'];
  addResponse(gateway, 'ACCESS_DENIED', {
    ResponseTemplates: {
      'text/plain': names
        .map((name) => `$context.${name}`)
        .join('|')
        .replace('$context.stage', '${context.stage}'),
    },
  });

  const answer = await gateway.call('/Parking/closed/1');

  expect(answer.body.split('|')).toEqual([
    'GET',
    '/Parking/closed/1',
    'RELEASE',
    gateway.ids.api,
    '/closed/{id}',
    '127.0.0.1',
    'User is not authorized to access this resource with an explicit deny',
  ]);
});

test('a header of the request can be given back, and is left out where the call has none', async () => {
  gateway = await startGateway();
  gateway.method('GET', '/free');
  addResponse(gateway, 'DEFAULT_4XX', {
    ResponseParameters: { 'gatewayresponse.header.Access-Control-Allow-Origin': 'method.request.header.Origin' },
  });
  const [page, program] = [
    await gateway.call('/Parking/nothing', { headers: { origin: 'https://app.example.com' } }),
    await gateway.call('/Parking/nothing'),
  ];

  expect(page.headers['access-control-allow-origin']).toBe('https://app.example.com');
  expect(program.headers).not.toHaveProperty('access-control-allow-origin');
});

test.each([
  [
    'a template with VTL',
    { ResponseTemplates: { 'application/json': '#set($a = 1)' } },
    'knows $context variables only',
  ],
  [
    'a template that reads the input',
    { ResponseTemplates: { 'application/json': "$input.params('a')" } },
    'knows $context variables only',
  ],
  [
    'an unknown variable',
    { ResponseTemplates: { 'application/json': '$context.wafResponseCode' } },
    '$context.wafResponseCode is not known here',
  ],
  [
    'a part of the path',
    { ResponseParameters: { 'gatewayresponse.header.A': 'method.request.path.b' } },
    'cannot be method.request.path.b',
  ],
  ['another parameter', { ResponseParameters: { 'response.header.A': "'b'" } }, 'is no gatewayresponse.header.<name>'],
])('%s is refused when the response is made', async (_, properties, reason) => {
  gateway = await startGateway();

  expect(() => addResponse(gateway, 'THROTTLED', properties)).toThrow(reason);
});
