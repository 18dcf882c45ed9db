import { beforeAll, expect, test } from '@jest/globals';
import { resourcesOf, sandbox, type TemplateResource } from '../sandbox.ts';

let responses: TemplateResource[];

beforeAll(() => {
  responses = Object.values(resourcesOf(sandbox().platform, 'AWS::ApiGateway::GatewayResponse'));
});

test.each([
  ['MISSING_AUTHENTICATION_TOKEN', '401', 'APIC.0301'],
  ['INVALID_SIGNATURE', '401', 'APIC.0301'],
  ['EXPIRED_TOKEN', '401', 'APIC.0301'],
  ['ACCESS_DENIED', '403', 'APIC.0302'],
  ['UNAUTHORIZED', '401', 'APIC.0305'],
  ['WAF_FILTERED', '403', 'APIC.0306'],
  ['THROTTLED', '429', 'APIC.0308'],
  ['REQUEST_TOO_LARGE', '413', 'APIC.0201'],
  ['INTEGRATION_TIMEOUT', '504', 'APIC.0203'],
  ['INTEGRATION_FAILURE', '502', 'APIC.0202'],
  ['AUTHORIZER_FAILURE', '500', 'APIC.0601'],
  ['AUTHORIZER_CONFIGURATION_ERROR', '500', 'APIC.0601'],
  ['DEFAULT_4XX', undefined, 'APIC.0201'],
  ['DEFAULT_5XX', undefined, 'APIC.0601'],
])('%s answers %s %s', (type, status, code) => {
  const properties = responses.find(({ Properties }) => Properties['ResponseType'] === type)?.Properties;
  const templates = properties?.['ResponseTemplates'] as Record<string, string>;
  const body = JSON.parse(templates['application/json'] ?? '');

  expect(properties?.['StatusCode']).toBe(status);
  expect(Object.keys(body)).toEqual(['error_msg', 'error_code', 'request_id']);
  expect(body).toMatchObject({ error_code: code, request_id: '$context.requestId' });
  expect(properties?.['ResponseParameters']).toEqual({
    'gatewayresponse.header.X-Request-Id': 'context.requestId',
  });
});
