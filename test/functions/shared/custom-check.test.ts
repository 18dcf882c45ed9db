import { expect, test } from '@jest/globals';
import type { ApiDefinition } from '../../../core/apic/api-definition.ts';
import type { CustomAuthorizer, IdentitySource } from '../../../core/apic/custom-authorizer.ts';
import { apiHandler } from '../../../functions/shared/chain.ts';
import { context, proxyEvent } from '../apic/gateway.ts';
import { logLines } from './log-lines.ts';

const log = logLines();
/** What the gateway remembers of a call that was in order. */
const REPEATED = { verdict: 'allow', status: '200', requestId: '', api: 'test', app: '', bodySha256: '', custom: '{}' };
const API: ApiDefinition = {
  ...{ name: 'test', app: 'Owner', method: 'GET', path: '/test', auth: 'custom', authorizer: 'Guard' },
  ...{ appCode: false, parameters: [], backend: { kind: 'mock', status: 200, body: '', headers: {} } },
};
const IDENTITIES: readonly IdentitySource[] = [
  { name: 'X-User', in: 'header' },
  { name: 'tenant', in: 'query', validation: '[a-z]+' },
];

async function answerTo(target: string, multiValueHeaders: Record<string, string[]>, side?: 'backend') {
  const guard: CustomAuthorizer = {
    ...{ name: 'Guard', script: 'guard.js', limits: { cpuMs: 1000, memoryMb: 16 }, identities: IDENTITIES },
    ...{ sendBody: false, cacheSeconds: 60, ...(side !== undefined && { side }) },
  };
  const handler = apiHandler(async () => ({ status: 200, body: '"answered"' }), { apis: [API], authorizers: [guard] });
  const { statusCode, body } = await handler({ ...proxyEvent({ target }, REPEATED), multiValueHeaders }, context());

  return { statusCode, body: JSON.parse(body) };
}

test('a call whose identity was judged before is answered', async () => {
  expect(await answerTo('/test?tenant=acme', { 'x-USER': ['me'] })).toEqual({ statusCode: 200, body: 'answered' });
});

test.each([
  ['a second value of the header', '/test?tenant=acme', { 'X-User': ['other', 'me'] }],
  ['a second spelling of the header', '/test?tenant=acme', { 'X-User': ['me'], 'x-user': ['other'] }],
  ['a second value in the query', '/test?tenant=other&tenant=acme', { 'X-User': ['me'] }],
  ['a value not of the form', '/test?tenant=ACME', { 'X-User': ['me'] }],
  ['none', '/test?tenant=acme', {}],
])('%s is refused, though the gateway repeats what it knows of the one', async (_, target, headers) => {
  expect(await answerTo(target, headers)).toMatchObject({
    statusCode: 401,
    body: { error_code: 'APIC.0305', error_msg: 'Incorrect authentication information: frontend authorizer' },
  });
  expect(log.all()).not.toEqual([]);
});

test('an authorizer of backends identifies no callers', async () => {
  expect(await answerTo('/test', {}, 'backend')).toMatchObject({ statusCode: 200 });
});
