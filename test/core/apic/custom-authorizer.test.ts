import { expect, test } from '@jest/globals';
import {
  authorizerRequest,
  type CustomAuthorizer,
  customDecision,
  identityProblem,
} from '../../../core/apic/custom-authorizer.ts';

const AUTHORIZER: CustomAuthorizer = {
  name: 'Guard',
  script: 'guard.js',
  limits: { cpuMs: 1000, memoryMb: 16 },
  identities: [],
  sendBody: false,
  cacheSeconds: 0,
};
const REQUEST = {
  method: 'POST',
  path: '/RELEASE/test',
  query: [
    ['q', '1'],
    ['token', 't'],
  ] as const,
  headers: [
    ['X-Auth', 'user1'],
    ['Accept', 'a'],
  ] as const,
};
const BY_HEADER = { ...AUTHORIZER, identities: [{ name: 'X-Auth', in: 'header' as const }] };

test('without identity sources the function sees all headers, in lower case, and the whole query', () => {
  expect(authorizerRequest(AUTHORIZER, REQUEST)).toEqual({
    headers: { 'x-auth': 'user1', accept: 'a' },
    queryStringParameters: { q: '1', token: 't' },
  });
});

test('with identity sources it sees them and nothing else', () => {
  const identities = [
    { name: 'X-Auth', in: 'header' as const },
    { name: 'token', in: 'query' as const },
  ];

  expect(authorizerRequest({ ...AUTHORIZER, identities }, REQUEST)).toEqual({
    headers: { 'x-auth': 'user1' },
    queryStringParameters: { token: 't' },
  });
});

test('user data and the body come along where they are wanted', () => {
  expect(authorizerRequest({ ...AUTHORIZER, userData: 'Zürich' }, REQUEST, Buffer.from('{"a":"中"}'))).toMatchObject({
    body: '{"a":"中"}',
    user_data: 'Zürich',
  });
});

test.each([
  [[], 'header X-Auth is missing'],
  [[['X-Auth', '']], 'header X-Auth is missing'],
  [
    [
      ['X-Auth', 'a'],
      ['x-auth', 'b'],
    ],
    'header X-Auth comes several times',
  ],
  [[['x-auth', 'a']], undefined],
] as const)('headers %j of a caller identified by one', (headers, problem) => {
  expect(identityProblem(BY_HEADER, { ...REQUEST, headers })).toBe(problem);
});

test('a validation must fit the whole value', () => {
  const strict = { ...AUTHORIZER, identities: [{ name: 'token', in: 'query' as const, validation: '[a-z]|\\d{2}' }] };
  const problem = (token: string) => identityProblem(strict, { ...REQUEST, query: [['token', token]] });

  expect(['a', '12', 'ab', '1', 'a\n'].map((token) => problem(token) === undefined)).toEqual([
    true,
    true,
    false,
    false,
    false,
  ]);
});

test('the names of a query are not those of headers', () => {
  const identities = [{ name: 'Token', in: 'query' as const }];

  expect(identityProblem({ ...AUTHORIZER, identities }, REQUEST)).toBe('query Token is missing');
});

test('an allowance brings its context', () => {
  expect(customDecision('{"status":"allow","context":{"user":"u","n":1}}')).toEqual({
    status: 'allow',
    context: { user: 'u', n: 1 },
  });
  expect(customDecision('{"status":"allow"}')).toEqual({ status: 'allow', context: {} });
});

test.each([
  '{"status":"deny","context":{"reason":"secret"}}',
  '{"status":"Allow"}',
  '{"status":true}',
  '"allow"',
  'allow',
  '',
  'null',
  '[]',
  '{"status":"allow","context":"text"}',
  '{"status":"allow","context":[1]}',
  JSON.stringify({ status: 'allow', context: { big: 'x'.repeat(5000) } }),
])('anything else denies: %.60s', (answer) => {
  const decision = customDecision(answer);

  expect(decision.status).toBe('deny');
  expect(JSON.stringify(decision)).not.toContain('secret');
});
