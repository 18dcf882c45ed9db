import { beforeEach, expect, jest, test } from '@jest/globals';
import type { ApiDefinition } from '../../../core/apic/api-definition.ts';
import type { CustomAuthorizer } from '../../../core/apic/custom-authorizer.ts';
import { verdictContext } from '../../../core/apic/verdict.ts';
import { Refusal } from '../../../core/errors.ts';
import { type ApiCall, apiHandler } from '../../../functions/shared/chain.ts';
import { context, proxyEvent } from '../apic/gateway.ts';
import { awsEndpoint } from './aws-endpoint.ts';
import { logLines } from './log-lines.ts';

logLines();
const aws = awsEndpoint();
const REQUEST_ID = '56b2c6ae4a49f44b88670201eade9e05';
const ALLOWED = { verdict: 'allow', requestId: REQUEST_ID, api: 'report', app: 'City', bodySha256: '' };
const JUDGED = { requestId: REQUEST_ID, api: '', app: '', body: { kind: 'none' } } as const;
const TOKEN: CustomAuthorizer = {
  ...{ name: 'Token', side: 'backend', script: 'token.js', limits: { cpuMs: 1000, memoryMb: 16 } },
  ...{ identities: [], sendBody: false, cacheSeconds: 0 },
};
const API = { name: 'report', method: 'POST', path: '/report', backendAuthorizer: 'Token' } as unknown as ApiDefinition;

beforeEach(() => {
  process.env['CUSTOM_AUTHORIZERS'] = '{"Token":"arn:token"}';
  aws.reply = () => ({ body: verdictContext({ ...JUDGED, verdict: 'allow', context: { token: 't1', user: 'b' } }) });
});

function backend(authorizers: readonly CustomAuthorizer[] = [TOKEN], api = API) {
  const calls: ApiCall[] = [];
  const handler = apiHandler(
    async (call) => {
      calls.push(call);

      return { status: 200, body: '{}' };
    },
    { apis: [api], authorizers },
  );
  const call = async (verdict: Record<string, unknown> = ALLOWED) => {
    const event = proxyEvent({ method: 'POST', target: '/report', headers: { 'X-Key': 'k' }, body: 'b' }, verdict);
    const { statusCode, body } = await handler(event, context());

    return { status: statusCode, json: JSON.parse(body) as Record<string, string> };
  };

  return { call, calls };
}

test('what it says stands beside what is known of the caller, and wins', async () => {
  const { call, calls } = backend();

  expect(await call({ ...ALLOWED, custom: '{"user":"f","tenant":"x"}' })).toMatchObject({ status: 200 });
  expect(calls[0]?.authorizer).toEqual({ user: 'b', tenant: 'x', token: 't1' });
  expect(aws.requests.map(({ body }) => body)).toEqual([{ backend: 'Token', requestId: REQUEST_ID }]);
});

test('it gets the body only where it wants it', async () => {
  await backend([{ ...TOKEN, sendBody: true }]).call();

  expect(aws.requests[0]?.body).toMatchObject({ body: Buffer.from('b').toString('base64') });
});

test('a denial keeps the backend from being called', async () => {
  const refusal = new Refusal('APIC.0305', { message: 'Incorrect authentication information: backend authorizer' });
  aws.reply = () => ({ body: verdictContext({ ...JUDGED, verdict: 'deny', refusal }) });
  const { call, calls } = backend();

  expect(await call()).toEqual({
    status: 401,
    json: {
      error_code: 'APIC.0305',
      error_msg: 'Incorrect authentication information: backend authorizer',
      request_id: REQUEST_ID,
    },
  });
  expect(calls).toEqual([]);
});

test.each<[string, readonly CustomAuthorizer[], unknown]>([
  ['an answer that is no verdict', [TOKEN], {}],
  ['no such authorizer', [], undefined],
  ['one that judges callers', [{ ...TOKEN, side: undefined } as never], undefined],
])('%s is a fault of the platform, and the backend is not called', async (_name, authorizers, answer) => {
  if (answer !== undefined) aws.reply = () => ({ body: answer as object });
  const { call, calls } = backend(authorizers);

  expect(await call()).toMatchObject({ status: 500, json: { error_code: 'APIC.0601' } });
  expect(calls).toEqual([]);
});

test('nobody is asked for a caller who is refused', async () => {
  const { call } = backend();

  await call({ ...ALLOWED, verdict: 'deny', status: '401', code: 'APIC.0303', message: 'no' });
  await call({ ...ALLOWED, bodySha256: 'a'.repeat(64) });

  expect(aws.requests).toEqual([]);
});

test('what it says is kept as long as it may be, and a denial is not', async () => {
  const now = jest.spyOn(Date, 'now').mockReturnValue(1_000_000);
  try {
    const { call, calls } = backend([{ ...TOKEN, cacheSeconds: 60 }]);
    const { reply } = aws;
    aws.reply = () => ({ body: verdictContext({ ...JUDGED, verdict: 'deny', refusal: new Refusal('APIC.0305') }) });
    expect(await call()).toMatchObject({ status: 401 });
    aws.reply = reply;

    for (let n = 0; n < 3; n++) await call();
    now.mockReturnValue(1_059_999);
    await call();
    expect(aws.requests).toHaveLength(2);
    now.mockReturnValue(1_060_000);
    await call();

    expect(aws.requests).toHaveLength(3);
    expect(calls.map(({ authorizer }) => authorizer['token'])).toEqual(['t1', 't1', 't1', 't1', 't1']);
  } finally {
    now.mockRestore();
  }
});
