import { expect, test } from '@jest/globals';
import type { ApiDefinition, ApiDefinitions } from '../../../core/apic/api-definition.ts';
import { answerHeaders, apiAt, type CorsRules, preflightHeaders } from '../../../core/apic/cors.ts';

const RULES: CorsRules = {
  origins: ['https://app.example.com', 'http://localhost:5173'],
  headers: ['Authorization', 'X-Sdk-Date'],
  maxAgeSeconds: 600,
};
const EVERYONE = { ...RULES, origins: ['*'] };

function api(method: ApiDefinition['method'], path: string, more: Partial<ApiDefinition> = {}): ApiDefinition {
  const backend = { kind: 'data', returnObject: 'default', sql: 'SELECT 1' } as const;

  return {
    name: `${method}${path}`,
    app: 'Owner',
    method,
    path,
    auth: 'app',
    appCode: false,
    cors: true,
    parameters: [],
    backend,
    ...more,
  };
}

const GROUP: ApiDefinitions = {
  group: 'Parking',
  stage: 'RELEASE',
  cors: RULES,
  apis: [
    api('POST', '/spaces', { parameters: [{ name: 'X-Zone', in: 'header', type: 'string', required: false }] }),
    api('GET', '/spaces'),
    api('DELETE', '/spaces', { cors: false }),
    api('ANY', '/any'),
    api('GET', '/private', { cors: false }),
  ],
};
const from = (origin: string) => [['Origin', origin]] as const;

test('an answer may be read by a page of an allowed origin, by no other', () => {
  expect(answerHeaders(RULES, from('https://app.example.com'))).toEqual({
    'Access-Control-Allow-Origin': 'https://app.example.com',
    'Access-Control-Expose-Headers': 'X-Request-Id',
    Vary: 'Origin',
  });
  for (const stranger of ['https://evil.example.com', 'https://app.example.com.evil.com', 'null', '*', '']) {
    expect(answerHeaders(RULES, from(stranger))).toEqual({ Vary: 'Origin' });
  }
  expect(answerHeaders(RULES, [])).toEqual({ Vary: 'Origin' });
});

test('where any page may call, the answer is the same for all of them', () => {
  expect(answerHeaders(EVERYONE, from('https://any.example.com'))).toEqual({
    'Access-Control-Allow-Origin': '*',
    'Access-Control-Expose-Headers': 'X-Request-Id',
  });
});

test('a preflight hears the methods of the path that take calls of pages, and the headers they read', () => {
  expect(preflightHeaders(GROUP, '/spaces', from('http://localhost:5173'))).toEqual({
    'Access-Control-Allow-Origin': 'http://localhost:5173',
    'Access-Control-Allow-Methods': 'GET, POST',
    'Access-Control-Allow-Headers': 'Authorization, X-Sdk-Date, X-Sdk-Content-Sha256, X-Zone',
    'Access-Control-Max-Age': '600',
    Vary: 'Origin',
  });
  expect(preflightHeaders(GROUP, '/any', from('http://localhost:5173'))).toMatchObject({
    'Access-Control-Allow-Methods': 'DELETE, GET, HEAD, PATCH, POST, PUT',
  });
});

test('a preflight hears the headers by which the APIs of the path know who calls', () => {
  const allowed = (more: Partial<ApiDefinition>) =>
    preflightHeaders({ ...GROUP, apis: [api('GET', '/in', more)] }, '/in', from('http://localhost:5173'))?.[
      'Access-Control-Allow-Headers'
    ];

  expect(allowed({ schemes: ['secret', 'jwt', 'apikey', 'basic'] })).toBe(
    'Authorization, X-Sdk-Date, X-HW-AppKey, X-HW-ID, Timestamp, apikey',
  );
  expect(allowed({ auth: 'none' })).toBe('Authorization, X-Sdk-Date');
});

test('a page of another origin hears nothing that allows', () => {
  expect(preflightHeaders(GROUP, '/spaces', from('https://evil.example.com'))).toEqual({ Vary: 'Origin' });
});

test('there is no preflight where no page may call', () => {
  const { cors: _, ...closed } = GROUP;

  expect(preflightHeaders(GROUP, '/private', from('http://localhost:5173'))).toBeUndefined();
  expect(preflightHeaders(GROUP, '/nowhere', from('http://localhost:5173'))).toBeUndefined();
  expect(preflightHeaders(closed, '/spaces', from('http://localhost:5173'))).toBeUndefined();
});

test('a method has its own API before the one for any method', () => {
  expect(apiAt(GROUP.apis, '/spaces', 'GET')?.name).toBe('GET/spaces');
  expect(apiAt(GROUP.apis, '/any', 'PATCH')?.name).toBe('ANY/any');
  expect(apiAt(GROUP.apis, '/spaces', 'PUT')).toBeUndefined();
});
