import { beforeEach, expect, test } from '@jest/globals';
import type { ApiDefinition } from '../../../core/apic/api-definition.ts';
import { sha256Hex } from '../../../core/apic/canonical-request.ts';
import { formatDate } from '../../../core/apic/signature.ts';
import { Refusal } from '../../../core/errors.ts';
import { type ApiAnswer, type ApiCall, apiHandler, openHandler } from '../../../functions/shared/chain.ts';
import { foreignSign } from '../../core/apic/raw-request.ts';
import { context, type GatewayRequest, proxyEvent } from '../apic/gateway.ts';
import { awsEndpoint } from './aws-endpoint.ts';
import { logLines } from './log-lines.ts';

const log = logLines();
const aws = awsEndpoint();
const REQUEST_ID = '56b2c6ae4a49f44b88670201eade9e05';
const ALLOWED = { verdict: 'allow', requestId: REQUEST_ID, api: 'report', app: 'City', bodySha256: '' };
const OK: ApiAnswer = { status: 200, body: '{}' };

beforeEach(() => {
  process.env['SIGNATURE_FUNCTION'] = 'verify-signature';
  aws.reply = () => ({ body: { valid: true } });
});

async function call(
  request: GatewayRequest,
  {
    verdict = ALLOWED,
    run = async () => OK,
  }: { verdict?: Record<string, unknown>; run?: (call: ApiCall) => Promise<ApiAnswer> } = {},
) {
  const calls: ApiCall[] = [];
  const handler = apiHandler((received) => {
    calls.push(received);

    return run(received);
  });
  const answer = await handler(proxyEvent(request, verdict), context());

  return { ...answer, calls, json: JSON.parse(answer.body) as Record<string, string> };
}

test('the handler gets the call decoded, every value of a name, and the exact bytes of the body', async () => {
  const { calls } = await call({
    method: 'POST',
    target: '/parking/a%20b?x=1&x=%C3%A9&empty=',
    resource: '/parking/{name}',
    pathParameters: { name: 'a%20b' },
    headers: { 'X-One': '1' },
    body: Buffer.from([0, 255, 10]),
  });

  expect(calls).toMatchObject([
    {
      requestId: REQUEST_ID,
      api: 'report',
      app: 'City',
      path: { name: 'a b' },
      query: [
        ['x', '1'],
        ['x', 'é'],
        ['empty', ''],
      ],
      headers: [['X-One', '1']],
    },
  ]);
  expect([...(calls[0]?.body ?? [])]).toEqual([0, 255, 10]);
  expect(calls[0]?.remainingMs()).toBe(29_000);
});

test.each([
  ['/a%2541', 'a%41'],
  ['/a%41', 'aA'],
  ['/a%2Fb', 'a/b'],
  ['/50%', '50%'],
  ['/%E4%B8%AD/', '中'],
])('a value of the path %s is decoded once, whatever the gateway has done to it', async (path, expected) => {
  for (const decoded of [path.slice(1), expected]) {
    const { calls } = await call({
      target: `/base${path}`,
      resource: '/{name}',
      pathParameters: { name: decoded },
    });

    expect(calls[0]?.path).toEqual({ name: expected });
  }
});

test('a body that came as text is its bytes in UTF-8', async () => {
  const bodies: Uint8Array[] = [];
  const handler = apiHandler(async ({ body }) => {
    bodies.push(body);

    return OK;
  });
  await handler(
    { ...proxyEvent({ method: 'POST', target: '/a' }, ALLOWED), body: 'é', isBase64Encoded: false },
    context(),
  );

  expect([...(bodies[0] ?? [])]).toEqual([0xc3, 0xa9]);
});

test('a log line of the handler carries the call’s id', async () => {
  await call(
    { target: '/a' },
    {
      run: async ({ log: lines }) => {
        lines.info('half way', { rows: 3 });
        return OK;
      },
    },
  );

  expect(log.all()).toMatchObject([
    { message: 'half way', requestId: REQUEST_ID, api: 'report', app: 'City', rows: 3 },
    { message: 'api call', requestId: REQUEST_ID, status: 200 },
  ]);
});

test('an answer may have headers of its own, but not another request id', async () => {
  const headers = { 'Content-Type': 'text/xml', 'X-Request-Id': 'mine', 'X-Other': '1' };
  const answer = await call({ target: '/a' }, { run: async () => ({ ...OK, headers }) });

  expect(answer.headers).toEqual({ 'Content-Type': 'text/xml', 'X-Other': '1', 'X-Request-Id': REQUEST_ID });
});

test.each([
  ['no context', undefined],
  ['a context of someone else', { principalId: 'someone' }],
  ['a verdict without id', { ...ALLOWED, requestId: undefined }],
])('%s fails closed', async (_, verdict) => {
  const handler = apiHandler(async () => OK);
  const answer = await handler(proxyEvent({ target: '/a' }, verdict), context());

  expect(answer.statusCode).toBe(500);
  expect(JSON.parse(answer.body)).toEqual({
    error_msg: 'Internal server error.',
    error_code: 'APIC.0601',
    request_id: expect.stringMatching(/^[0-9a-f]{32}$/),
  });
});

test('a denial is answered with its status and body, and the handler never runs', async () => {
  const verdict = { ...ALLOWED, verdict: 'deny', status: '403', code: 'APIC.0304', message: 'No.' };
  const answer = await call({ target: '/a' }, { verdict });

  expect([answer.statusCode, answer.json]).toEqual([
    403,
    { error_msg: 'No.', error_code: 'APIC.0304', request_id: REQUEST_ID },
  ]);
  expect(answer.calls).toEqual([]);
});

test('a refusal becomes its body; its detail is for the log', async () => {
  const refusal = new Refusal('APIC.0201/413', { detail: { reason: 'private' } });
  const answer = await call({ target: '/a' }, { run: () => Promise.reject(refusal) });

  expect([answer.statusCode, answer.json]).toEqual([
    413,
    { error_msg: 'Request entity too large.', error_code: 'APIC.0201', request_id: REQUEST_ID },
  ]);
  expect(log.text()).toContain('private');
});

test.each([new TypeError('secret: x'), 'text', undefined])(
  'anything else thrown is 500 and says nothing: %s',
  async (thrown) => {
    const answer = await call({ target: '/a' }, { run: () => Promise.reject(thrown) });

    expect([answer.statusCode, answer.json]).toEqual([
      500,
      { error_msg: 'Internal server error.', error_code: 'APIC.0601', request_id: REQUEST_ID },
    ]);
    expect(log.all()).toMatchObject([{ level: 'ERROR', status: 500 }]);
  },
);

test('a handler that outlives its function is answered 504 before that', async () => {
  const handler = apiHandler(() => new Promise(() => {}));
  const answer = await handler(proxyEvent({ target: '/a' }, ALLOWED), context(300));

  expect([answer.statusCode, JSON.parse(answer.body).error_code]).toEqual([504, 'APIC.0203']);
});

test('a handler for routes without authorizer needs no verdict', async () => {
  const answer = await openHandler(async () => OK)(proxyEvent({ target: '/a' }), context());

  expect(answer).toEqual({
    statusCode: 200,
    body: '{}',
    headers: { 'Content-Type': 'application/json', 'X-Request-Id': expect.stringMatching(/^[0-9a-f]{32}$/) },
  });
});

const PENDING = { ...ALLOWED, bodySha256: 'signed' };

/** A POST as the reference's client sends it: the body is signed, its hash is not sent along. */
function foreignPost(): GatewayRequest {
  const data = { text: 'é' };
  const headers = foreignSign({
    method: 'POST',
    endpoint: 'https://apis.example.com/RELEASE/parking/report',
    headers: { 'X-Sdk-Date': formatDate(new Date()) },
    data,
  });

  return { method: 'POST', target: '/parking/report', headers, body: JSON.stringify(data) };
}

test('a signature over the received body is checked by the function that may read secrets', async () => {
  const answer = await call(foreignPost(), { verdict: PENDING });

  expect(answer.statusCode).toBe(200);
  expect(aws.requests).toMatchObject([
    {
      path: '/2015-03-31/functions/verify-signature/invocations',
      body: {
        key: 'parkingkey0123456789',
        signature: expect.stringMatching(/^[0-9a-f]{64}$/),
        stringsToSign: [expect.stringMatching(/^SDK-HMAC-SHA256\n\d{8}T\d{6}Z\n[0-9a-f]{64}$/)],
      },
    },
  ]);
});

const WITHOUT_GRANT = { ...PENDING, verdict: 'deny', status: '403', code: 'APIC.0304', message: 'No.' };

test('an app without a grant hears of it only when its signature holds', async () => {
  const answer = await call(foreignPost(), { verdict: WITHOUT_GRANT });

  expect([answer.statusCode, answer.json['error_code']]).toEqual([403, 'APIC.0304']);
  expect(answer.calls).toEqual([]);
});

test('a forger is answered the same whether the app he names has a grant or not', async () => {
  aws.reply = () => ({ body: { valid: false } });
  const [denied, granted] = [
    await call(foreignPost(), { verdict: WITHOUT_GRANT }),
    await call(foreignPost(), { verdict: PENDING }),
  ];

  expect([denied.statusCode, denied.json]).toEqual([401, granted.json]);
  expect(aws.requests).toHaveLength(2);
});

test('another body than the hash that was signed is refused as that, whatever the app may do', async () => {
  const verdict = { ...WITHOUT_GRANT, bodySha256: sha256Hex('one') };
  const request = { method: 'POST', target: '/a' };

  expect((await call({ ...request, body: 'two' }, { verdict })).statusCode).toBe(401);
  expect((await call({ ...request, body: 'one' }, { verdict })).statusCode).toBe(403);
});

test.each([{ valid: false }, { valid: 'yes' }, null, {}])('the answer %j refuses the call', async (reply) => {
  aws.reply = () => ({ body: reply });
  const answer = await call(foreignPost(), { verdict: PENDING });

  expect([answer.statusCode, answer.json['error_code']]).toEqual([401, 'APIC.0303']);
  expect(answer.calls).toEqual([]);
});

test('a check that fails is a fault of ours', async () => {
  aws.reply = () => ({ headers: { 'X-Amz-Function-Error': 'Unhandled' }, body: { errorMessage: 'no table' } });
  const answer = await call(foreignPost(), { verdict: PENDING });

  expect([answer.statusCode, answer.json['error_code']]).toEqual([500, 'APIC.0601']);
  expect(answer.calls).toEqual([]);
  expect(log.text()).toContain('no table');
});

test('without a function to ask, a signed body is not let through', async () => {
  delete process.env['SIGNATURE_FUNCTION'];
  const answer = await call(foreignPost(), { verdict: PENDING });

  expect(answer.statusCode).toBe(500);
  expect(log.text()).toContain('SIGNATURE_FUNCTION');
});

test('a pending verdict without a signature is refused without asking anyone', async () => {
  const answer = await call({ method: 'POST', target: '/a', body: 'x' }, { verdict: PENDING });

  expect(answer.statusCode).toBe(401);
  expect(aws.requests).toEqual([]);
});

const BILLING = { userArn: 'arn:aws:sts::1:assumed-role/Billing/m', accountId: '1', caller: 'AROA1:m' };
const GUARDED = ['iam', 'app', 'custom', 'none'].map(
  (auth) => ({ name: auth, auth, method: 'GET', path: `/${auth}` }) as unknown as ApiDefinition,
);

/** A call without an authorizer's context, of which the gateway may say who signed it. */
async function iamCall(target: string, identity: object | undefined, method = 'GET') {
  const calls: ApiCall[] = [];
  const event = proxyEvent({ target, method });
  const handler = apiHandler(
    async (received) => {
      calls.push(received);

      return OK;
    },
    { apis: GUARDED },
  );
  const requestContext = { ...event.requestContext, identity } as typeof event.requestContext;

  return { ...(await handler({ ...event, requestContext }, context())), calls };
}

test('whom the gateway lets pass by IAM may call, and the backend learns who it is', async () => {
  const { statusCode, calls } = await iamCall('/iam', { ...BILLING, sourceIp: '127.0.0.1' });

  expect(statusCode).toBe(200);
  expect(calls).toMatchObject([{ api: 'iam', app: '', authorizer: BILLING }]);
  expect(calls[0]?.requestId).toMatch(/^[0-9a-f]{32}$/);
});

test.each([
  ['/iam', undefined],
  ['/iam', {}],
  ['/iam', { ...BILLING, userArn: null }],
  ['/iam', { ...BILLING, caller: '' }],
  ['/app', BILLING],
  ['/custom', BILLING],
  ['/elsewhere', BILLING],
])('a call of %s that is signed by %j and has no verdict ends here', async (target, identity) => {
  const { statusCode, calls } = await iamCall(target, identity);

  expect([statusCode, calls]).toEqual([500, []]);
  expect((await iamCall('/iam', BILLING, 'POST')).statusCode).toBe(500);
});

test('an API that anyone may call needs no verdict, and learns nothing of who calls', async () => {
  const { statusCode, calls } = await iamCall('/none', { ...BILLING, sourceIp: '127.0.0.1' });

  expect(statusCode).toBe(200);
  expect(calls).toMatchObject([{ api: 'none', app: '', authorizer: {} }]);
  expect(calls[0]?.requestId).toMatch(/^[0-9a-f]{32}$/);
});

test('only the route of an API that anyone may call needs no verdict, whatever a caller says of it', async () => {
  const told = { 'X-Resource': '/none', resource: '/none', verdict: 'allow', auth: 'none' };
  const handler = apiHandler(async () => OK, { apis: GUARDED });
  const events = [
    proxyEvent({ target: '/none?resource=/none', resource: '/app', headers: told }),
    proxyEvent({ target: '/none', resource: '/none', method: 'POST' }),
    // Another authorizer than ours looked at it.
    proxyEvent({ target: '/none' }, { principalId: 'someone' }),
    proxyEvent({ target: '/none' }, { ...ALLOWED, verdict: 'maybe' }),
  ];

  for (const event of events) expect((await handler(event, context())).statusCode).toBe(500);
});

test('an API of its method is looked at before one of any method: the open one opens no other', async () => {
  const apis = [
    { name: 'open', auth: 'none', method: 'ANY', path: '/a' },
    { name: 'closed', auth: 'app', method: 'GET', path: '/a' },
  ] as unknown as ApiDefinition[];
  const handler = apiHandler(async () => OK, { apis });
  const status = async (method: string) => (await handler(proxyEvent({ target: '/a', method }), context())).statusCode;

  expect([await status('GET'), await status('PUT')]).toEqual([500, 200]);
});
