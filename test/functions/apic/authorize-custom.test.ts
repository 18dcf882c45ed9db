import './task-root.ts';
import { expect, test } from '@jest/globals';
import type { ApiDefinition, ApiDefinitions } from '../../../core/apic/api-definition.ts';
import type { CustomAuthorizer } from '../../../core/apic/custom-authorizer.ts';
import { Refusal } from '../../../core/errors.ts';
import { customAuthorizerHandler } from '../../../functions/apic/authorize-custom.ts';
import type { ScriptRequest } from '../../../functions/shared/script/script-runner.ts';
import { logLines } from '../shared/log-lines.ts';
import { authorizerEvent, context, type GatewayRequest } from './gateway.ts';

const log = logLines();
const GUARD: CustomAuthorizer = {
  name: 'Guard',
  script: 'guard.js',
  limits: { cpuMs: 1000, memoryMb: 16 },
  identities: [],
  sendBody: false,
  cacheSeconds: 0,
};

function guarded(answer: string | Error, guard: Partial<CustomAuthorizer> = {}) {
  const asked: ScriptRequest[] = [];
  const authorizer = { ...GUARD, ...guard };
  const api: ApiDefinition = {
    ...{ name: 'test', app: 'Owner', method: 'GET', path: '/test', auth: 'custom', authorizer: 'Guard' },
    ...{ appCode: false, parameters: [], backend: { kind: 'mock', status: 200, body: '', headers: {} } },
  };
  const definitions: ApiDefinitions = { group: 'G', stage: 'RELEASE', apis: [api], authorizers: [authorizer] };
  const handler = customAuthorizerHandler(definitions, {
    async run(request) {
      asked.push(request);
      if (answer instanceof Error) {
        throw answer;
      }

      return { body: answer };
    },
    close: async () => undefined,
  });
  const judge = async (request: GatewayRequest) => handler(authorizerEvent(request), context()) as Promise<Judged>;

  return { handler, judge, asked };
}

type Judged = { policyDocument: unknown; context: Record<string, string> };

const CALL = { target: '/test?q=1', headers: { 'X-Auth': 'user1' } };
const ALLOW = '{"status":"allow","context":{"user":"u"}}';

test('the script is asked as the reference asks it, and its context travels with the verdict', async () => {
  const { judge, asked } = guarded(ALLOW, { userData: 'data' });
  const { context: verdict, policyDocument } = await judge(CALL);

  expect(asked[0]).toMatchObject({
    script: 'guard.js',
    data: {
      method: 'POST',
      body: { headers: { 'x-auth': 'user1' }, queryStringParameters: { q: '1' }, user_data: 'data' },
    },
  });
  expect(verdict).toMatchObject({ verdict: 'allow', api: 'test', bodySha256: '', custom: '{"user":"u"}' });
  expect(policyDocument).toMatchObject({
    Statement: [{ Effect: 'Allow', Resource: expect.stringMatching(/GET\/test$/) }],
  });
});

test.each([
  ['a denial', '{"status":"deny","context":{"hint":"hidden"}}'],
  ['no decision', 'whatever'],
  ['a fault of the script', new Refusal('APIC.0601')],
  ['a script that takes too long', new Refusal('APIC.0203')],
])('%s is 401 APIC.0305, and nothing of it reaches the caller', async (_name, answer) => {
  const { context: verdict } = await guarded(answer).judge(CALL);

  expect(verdict).toMatchObject({
    verdict: 'deny',
    status: '401',
    code: 'APIC.0305',
    message: 'Incorrect authentication information: frontend authorizer',
  });
  expect(JSON.stringify(verdict)).not.toContain('hidden');
  expect(log.all()).not.toEqual([]);
});

test('a caller that cannot be identified is denied without asking', async () => {
  const { judge, asked } = guarded(ALLOW, { identities: [{ name: 'token', in: 'query' }] });

  expect((await judge(CALL)).context).toMatchObject({ verdict: 'deny', code: 'APIC.0305' });
  expect(asked).toEqual([]);
});

test('a decision the gateway may repeat carries no id of one call', async () => {
  const identities = [{ name: 'X-Auth', in: 'header' as const }];

  expect((await guarded(ALLOW, { identities, cacheSeconds: 60 }).judge(CALL)).context['requestId']).toBe('');
  expect((await guarded(ALLOW, { identities }).judge(CALL)).context['requestId']).toMatch(/^[0-9a-f]{32}$/);
});

test.each<[string, string | Error, Record<string, string>]>([
  ['a fault of the script', new Refusal('APIC.0601'), { 'X-Auth': 'user1' }],
  ['no decision', 'whatever', { 'X-Auth': 'user1' }],
  ['a caller that cannot be identified', ALLOW, { 'X-Auth': 'not of the form' }],
])('%s is no denial the gateway could repeat, but the error it keeps not', async (_name, answer, headers) => {
  const identities = [{ name: 'X-Auth', in: 'header' as const, validation: '\\w+' }];
  const { judge } = guarded(answer, { identities, cacheSeconds: 60 });

  await expect(judge({ ...CALL, headers })).rejects.toThrow(/^Unauthorized$/);
});

test('asked with the body, it answers the verdict itself, under the id of the call', async () => {
  const { handler, asked } = guarded(ALLOW, { sendBody: true });
  const question = {
    request: { method: 'GET', path: '/RELEASE/test', query: [], headers: [] },
    resource: '/test',
    body: Buffer.from('{"a":1}').toString('base64'),
    requestId: '56b2c6ae4a49f44b88670201eade9e05',
  };

  expect(await handler(question, context())).toMatchObject({ verdict: 'allow', requestId: question.requestId });
  expect(asked[0]?.data).toMatchObject({ body: { body: '{"a":1}' } });
});

test('a route that is not there is denied', async () => {
  expect((await guarded(ALLOW).judge({ target: '/other' })).context).toMatchObject({ verdict: 'deny' });
});

const ASKED = { backend: 'Guard', requestId: '56b2c6ae4a49f44b88670201eade9e05' };

test('the script of a backend is asked about nothing of the caller’s', async () => {
  const { handler, asked } = guarded(ALLOW, { side: 'backend', userData: 'data' });
  const verdict = await handler({ ...ASKED, body: Buffer.from('secret').toString('base64') }, context());

  expect(asked[0]?.data).toHaveProperty('body', { headers: {}, queryStringParameters: {}, user_data: 'data' });
  expect(verdict).toMatchObject({ verdict: 'allow', requestId: ASKED.requestId, custom: '{"user":"u"}' });
});

test('the script of a backend gets the body where it wants it', async () => {
  const { handler, asked } = guarded(ALLOW, { side: 'backend', sendBody: true });
  await handler({ ...ASKED, body: Buffer.from('<order/>').toString('base64') }, context());

  expect(asked[0]?.data).toHaveProperty('body', { headers: {}, queryStringParameters: {}, body: '<order/>' });
});

test.each<[string, string | Error, Partial<CustomAuthorizer>]>([
  ['a denial', '{"status":"deny","context":{"hint":"hidden"}}', { side: 'backend' }],
  ['a fault', new Refusal('APIC.0601'), { side: 'backend' }],
  ['an authorizer of callers', ALLOW, {}],
  ['an unknown authorizer', ALLOW, { side: 'backend', name: 'Other' }],
])('%s keeps the backend from being called', async (_name, answer, guard) => {
  const verdict = await guarded(answer, guard).handler(ASKED, context());

  expect(verdict).toMatchObject({
    verdict: 'deny',
    code: 'APIC.0305',
    message: 'Incorrect authentication information: backend authorizer',
  });
  expect(verdict).not.toHaveProperty('custom');
});
