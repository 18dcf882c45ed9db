import './task-root.ts';
import { expect, test } from '@jest/globals';
import { preflightHandler } from '../../../functions/apic/answer-preflight.ts';
import { dataApiHandler } from '../../../functions/apic/data-api.ts';
import { notFoundHandler } from '../../../functions/apic/not-found.ts';
import { logLines } from '../shared/log-lines.ts';
import { context, type GatewayRequest, proxyEvent } from './gateway.ts';
import { DEFINITIONS } from './task-root.ts';

logLines();

const ORIGIN = 'https://app.example.com';
const GROUP = {
  ...DEFINITIONS,
  cors: { origins: [ORIGIN], headers: ['Authorization'], maxAgeSeconds: 600 },
  apis: DEFINITIONS.apis.map((api) => ({ ...api, cors: api.name !== 'report' })),
};
const ALLOWED = { verdict: 'allow', requestId: '0'.repeat(32), api: 'free', app: 'City', bodySha256: '' };

function preflight(target: string, origin = ORIGIN) {
  return preflightHandler(GROUP)(proxyEvent({ method: 'OPTIONS', target, headers: { Origin: origin } }), context());
}

function data(request: GatewayRequest, verdict: Record<string, unknown> = ALLOWED) {
  const handler = dataApiHandler(GROUP, async () => ({ rows: '[]', affected: 0 }));

  return handler(proxyEvent({ ...request, headers: { Origin: ORIGIN } }, verdict), context());
}

test('a browser hears that a page of an allowed origin may call', async () => {
  const answer = await preflight('/parking/free');

  expect([answer.statusCode, answer.body]).toEqual([204, '']);
  expect(answer.headers).toMatchObject({
    'Access-Control-Allow-Origin': ORIGIN,
    'Access-Control-Allow-Methods': 'GET',
    'Access-Control-Allow-Headers': 'Authorization, X-Sdk-Content-Sha256, X-Sdk-Date, X-Apig-AppCode',
    'X-Request-Id': expect.stringMatching(/^[0-9a-f]{32}$/),
  });
});

test('a browser hears nothing for a page of another origin', async () => {
  expect((await preflight('/parking/free', 'https://evil.example.com')).headers).not.toHaveProperty(
    'Access-Control-Allow-Origin',
  );
});

test('where no page may call, OPTIONS is no method of the path', async () => {
  expect((await preflight('/parking/report')).statusCode).toBe(404);
});

test.each([
  ['an answer', () => data({ target: '/parking/free' }), 200],
  [
    'a denial',
    () => data({ target: '/parking/free' }, { ...ALLOWED, verdict: 'deny', code: 'APIC.0303', message: 'No.' }),
    401,
  ],
  ['a call without a verdict', () => data({ target: '/parking/free' }, {}), 500],
  ['a URI that is too long', () => data({ target: `/parking/free?x=${'x'.repeat(9000)}` }), 414],
  [
    'a path without an API',
    () => notFoundHandler(GROUP)(proxyEvent({ target: '/x', headers: { Origin: ORIGIN } }), context()),
    404,
  ],
] as const)('%s may be read by the page', async (_, ask, status) => {
  const answer = await ask();

  expect(answer.statusCode).toBe(status);
  expect(answer.headers).toMatchObject({
    'Access-Control-Allow-Origin': ORIGIN,
    'Access-Control-Expose-Headers': 'X-Request-Id',
    Vary: 'Origin',
  });
});

test('an API that no page may call says nothing to pages', async () => {
  const answer = await data({ method: 'POST', target: '/parking/report' });

  expect(Object.keys(answer.headers ?? {}).filter((name) => /^access-control/i.test(name))).toEqual([]);
});
