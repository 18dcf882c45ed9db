import './task-root.ts';
import { expect, test } from '@jest/globals';
import type { Authorities } from '../../../core/apic/authorize-call.ts';
import { sha256Hex } from '../../../core/apic/canonical-request.ts';
import type { QueryResult } from '../../../core/apic/data-api.ts';
import { formatDate, sign } from '../../../core/apic/signature.ts';
import type { RenderedSql } from '../../../core/apic/template-piece.ts';
import { callAuthorizer } from '../../../functions/apic/authorize-call.ts';
import { dataApiHandler } from '../../../functions/apic/data-api.ts';
import { CREDENTIAL, foreignSign } from '../../core/apic/raw-request.ts';
import { logLines } from '../shared/log-lines.ts';
import { context, type GatewayRequest, proxyEvent, through } from './gateway.ts';
import { DEFINITIONS } from './task-root.ts';

const log = logLines();
const WITH_CODE = { 'X-Apig-AppCode': 'CityCode' };
const ALLOWED = {
  verdict: 'allow',
  requestId: '56b2c6ae4a49f44b88670201eade9e05',
  api: 'free',
  app: 'City',
  bodySha256: '',
};

const AUTHORITIES: Authorities = {
  app: async (key) => (key === CREDENTIAL.key ? { app: 'City', secretArn: 'arn', enabled: true } : undefined),
  keyOfCode: async (hash) => (hash === sha256Hex('CityCode') ? CREDENTIAL.key : undefined),
  isGranted: async () => true,
  knowsSecret: async (_app, proof) => proof(CREDENTIAL.secret),
  firstUse: async () => true,
};

/** A call through authorizer and handler; the database answers with `result`, or throws it. */
async function call(request: GatewayRequest, result: QueryResult | Error = { rows: '[{"FreeNo":7}]', affected: 0 }) {
  const statements: RenderedSql[] = [];
  const handler = dataApiHandler(DEFINITIONS, async (statement) => {
    statements.push(statement);
    if (result instanceof Error) {
      throw result;
    }

    return result;
  });
  const answer = await through(callAuthorizer(DEFINITIONS.apis, AUTHORITIES), handler, request);

  return { ...answer, statements };
}

function body(answer: { body: string }): Record<string, string> {
  return JSON.parse(answer.body);
}

test('the rows come back under the return object, as JSON, with a request id', async () => {
  const answer = await call({ target: '/parking/free', headers: WITH_CODE });

  expect(answer.statusCode).toBe(200);
  expect(answer.body).toBe('{"default":[{"FreeNo":7}]}');
  expect(answer.headers).toEqual({
    'Content-Type': 'application/json',
    'X-Request-Id': expect.stringMatching(/^[0-9a-f]{32}$/),
  });
  expect(log.all()).toMatchObject([
    {
      level: 'INFO',
      requestId: answer.headers?.['X-Request-Id'],
      api: 'free',
      app: 'City',
      method: 'GET',
      path: '/parking/free',
      status: 200,
      ms: expect.any(Number),
    },
  ]);
});

test('parameters reach the statement bound', async () => {
  const { statements } = await call({
    target: '/parking/spaces/S%2D001?status=1',
    resource: '/parking/spaces/{deviceId}',
    pathParameters: { deviceId: 'S%2D001' },
    headers: WITH_CODE,
  });

  expect(statements).toEqual([
    {
      sql: 'select * from ParkingData where DeviceId=:p0 and Status=:p1',
      parameters: [
        { name: 'p0', value: { stringValue: 'S-001' } },
        { name: 'p1', value: { longValue: 1 } },
      ],
    },
  ]);
});

test('a parameter that is wrong is refused by name, before the database is asked', async () => {
  const answer = await call({
    target: '/parking/spaces/S-001?status=free',
    resource: '/parking/spaces/{deviceId}',
    pathParameters: { deviceId: 'S-001' },
    headers: WITH_CODE,
  });

  expect(answer.statusCode).toBe(400);
  expect(body(answer)).toEqual({
    error_msg:
      'Orchestration error. Parameter status (query): received "free"; allowed: a whole number from -9007199254740991 to 9007199254740991.',
    error_code: 'APIC.0106',
    request_id: answer.headers?.['X-Request-Id'],
  });
  expect(Object.keys(body(answer))).toEqual(['error_msg', 'error_code', 'request_id']);
  expect(answer.statements).toEqual([]);
});

test('a denied call is refused by the chain with the authorizer’s request id', async () => {
  const answer = await call({ target: '/parking/free', headers: { 'X-Apig-AppCode': 'wrong' } });

  expect(answer.statusCode).toBe(401);
  expect(body(answer)).toEqual({
    error_msg: 'Incorrect App authentication information.',
    error_code: 'APIC.0303',
    request_id: answer.headers?.['X-Request-Id'],
  });
  expect(answer.statements).toEqual([]);
  const [authorizer, chain] = log.all();
  expect(authorizer?.['requestId']).toBe(body(answer)['request_id']);
  expect(chain).toMatchObject({ level: 'WARN', requestId: body(answer)['request_id'], status: 401, code: 'APIC.0303' });
});

test('a call that no authorizer saw is refused', async () => {
  const handler = dataApiHandler(DEFINITIONS, async () => ({ rows: '[]', affected: 0 }));
  const answer = await handler(proxyEvent({ target: '/parking/free', headers: WITH_CODE }), context());

  expect(answer.statusCode).toBe(500);
  expect(body(answer)).toMatchObject({ error_code: 'APIC.0601', request_id: expect.stringMatching(/^[0-9a-f]{32}$/) });
  expect(log.text()).toContain('no verdict');
});

function signedPost(text: string): GatewayRequest {
  const url = new URL('https://apis.example.com/RELEASE/parking/report');
  const headers = { 'Content-Type': 'application/json', Host: url.host };
  const data = JSON.stringify({ text });
  const added = sign(
    { method: 'POST', url, headers: { 'Content-Type': 'application/json' }, body: Buffer.from(data) },
    CREDENTIAL,
    new Date(),
  );

  return { method: 'POST', target: '/parking/report', headers: { ...headers, ...added }, body: data };
}

test('a signed body passes, and a statement without rows says what it changed', async () => {
  const answer = await call(signedPost('é'), { rows: undefined, affected: 1 });

  expect([answer.statusCode, answer.body]).toEqual([200, '{"default":[{"affected":1}]}']);
  expect(answer.statements[0]?.parameters).toEqual([{ name: 'p0', value: { stringValue: 'é' } }]);
});

test.each(['{"text":"f"}', '{"text":"é"}\n', ''])(
  'another body than the one signed, %j, is refused',
  async (tampered) => {
    const answer = await call({ ...signedPost('é'), body: tampered });

    expect([answer.statusCode, body(answer)['error_code']]).toEqual([401, 'APIC.0303']);
    expect(answer.statements).toEqual([]);
    expect(log.text()).toContain('the body is not the one that was signed');
  },
);

test('a body added to a call that was signed without one is refused', async () => {
  const endpoint = 'https://apis.example.com/RELEASE/parking/free';
  const headers = foreignSign({ method: 'GET', endpoint, headers: { 'X-Sdk-Date': formatDate(new Date()) } });
  const request = { target: '/parking/free', headers };

  expect((await call(request)).statusCode).toBe(200);
  expect((await call({ ...request, body: 'x' })).statusCode).toBe(401);
});

test.each([
  ['DatabaseResumingException', 502, 'APIC.0202'],
  ['AbortError', 504, 'APIC.0203'],
  ['DatabaseErrorException', 500, 'APIC.0601'],
])('%s of the database is answered %i %s, its details in the log only', async (name, status, code) => {
  const error = Object.assign(new TypeError('secret detail'), { name });
  const answer = await call({ target: '/parking/free', headers: WITH_CODE }, error);

  expect([answer.statusCode, body(answer)['error_code']]).toEqual([status, code]);
  expect(answer.body).not.toContain('secret detail');
  expect(log.all()).toMatchObject([
    {
      level: 'ERROR',
      status,
      error: { detail: { advice: expect.any(String) }, cause: { name, message: 'secret detail' } },
    },
  ]);
});

test('the statement gets the time the function has, less what the answer needs', async () => {
  const left: number[] = [];
  const handler = dataApiHandler(DEFINITIONS, async (_statement, remainingMs) => {
    left.push(remainingMs());

    return { rows: '[]', affected: 0 };
  });

  await handler(proxyEvent({ target: '/parking/free' }, ALLOWED), context(10_000));

  expect(left).toEqual([9_000]);
});

test('a verdict for an API this function does not have is a fault of ours', async () => {
  const handler = dataApiHandler({ apis: [] }, async () => ({ rows: '[]', affected: 0 }));
  const answer = await handler(proxyEvent({ target: '/parking/free' }, ALLOWED), context());

  expect([answer.statusCode, body(answer)['error_code']]).toEqual([500, 'APIC.0103']);
});
