import { createHmac } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { ApiDefinition } from '../../../core/apic/api-definition.ts';
import { createAppToken } from '../../../core/apic/app-token.ts';
import type { Authorities } from '../../../core/apic/authorize-call.ts';
import { bodyReadings } from '../../../core/apic/body-readings.ts';
import { type SignableRequest, sha256Hex } from '../../../core/apic/canonical-request.ts';
import { explainRefusal } from '../../../core/apic/explain-refusal.ts';
import { MISTAKES } from '../../../core/apic/signing-mistakes.ts';
import { CREDENTIAL, foreignSign, NOW } from './raw-request.ts';

const DATE = '20261120T093443Z';
const BODY = '{"name":"李雷", "city":"深圳"}';
const API: ApiDefinition = {
  name: 'orders',
  app: 'Owner',
  method: 'POST',
  path: '/orders',
  auth: 'app',
  appCode: false,
  explain: true,
  parameters: [],
  backend: { kind: 'mock', status: 200, body: '', headers: {} },
};
const AUTHORITIES: Pick<Authorities, 'app' | 'keyOfCode' | 'knowsSecret'> = {
  app: async (key) =>
    key === CREDENTIAL.key || key === 'disabled'
      ? { app: 'City', secretArn: 'arn', enabled: key !== 'disabled' }
      : undefined,
  keyOfCode: async () => undefined,
  knowsSecret: async (_app, proof) => ['the older secret', CREDENTIAL.secret].some(proof),
};

/** What somebody signs who writes it by hand: the right lines, unless told otherwise. */
interface Written {
  readonly method: string;
  readonly path: string;
  readonly query: string;
  readonly headers: string;
  readonly list: string;
  readonly body: string;
  readonly hashed: boolean;
  readonly secret: string;
}

const RIGHT: Written = {
  method: 'POST',
  path: '/Enterprise/orders/a%20%E4%B8%AD%27s/',
  query: 'Zone=a%20b%27&empty=&many=1&many=2',
  headers: `host:127.0.0.1:8080\nx-sdk-date:${DATE}\n\n`,
  list: 'host;x-sdk-date',
  body: sha256Hex(BODY),
  hashed: true,
  secret: CREDENTIAL.secret,
};
/** In the order sent, which is not the order signed. */
const QUERY = [
  ['many', '2'],
  ['many', '1'],
  ['Zone', "a b'"],
  ['empty', ''],
] as const;

function signed(written: Partial<Written>, sent: { body?: string; headers?: Record<string, string> } = {}) {
  const { method, path, query, headers, list, body, hashed, secret } = { ...RIGHT, ...written };
  const canonical = `${method}\n${path}\n${query}\n${headers}${list}\n${body}`;
  const text = `SDK-HMAC-SHA256\n${DATE}\n${hashed ? sha256Hex(canonical) : canonical}`;
  const signature = createHmac('sha256', secret).update(text).digest('hex');
  const request: SignableRequest = {
    method: 'POST',
    path: '/Enterprise/orders/a%20%E4%B8%AD%27s',
    query: QUERY,
    headers: Object.entries({
      Host: '127.0.0.1:8080',
      'X-Sdk-Date': DATE,
      Authorization: `SDK-HMAC-SHA256 Access=${CREDENTIAL.key}, SignedHeaders=host;x-sdk-date, Signature=${signature}`,
      ...sent.headers,
    }),
  };

  return { request, body: bodyReadings(Buffer.from(sent.body ?? BODY)) };
}

function explain(call: ReturnType<typeof signed>, api: Partial<ApiDefinition> = {}, now = NOW) {
  return explainRefusal(call, { ...API, ...api }, AUTHORITIES, now);
}

async function causesOf(...asked: Parameters<typeof explain>): Promise<string[]> {
  return (await explain(...asked)).causes.map(({ cause }) => cause);
}

type Row = readonly [mistake: keyof typeof MISTAKES, written: Partial<Written>, sent?: Parameters<typeof signed>[1]];

const ROWS: readonly Row[] = [
  ['method-case', { method: 'post' }],
  ['path-without-slash', { path: RIGHT.path.slice(0, -1) }],
  ['path-without-stage', { path: RIGHT.path.replace('/Enterprise', '') }],
  ['path-not-encoded', { path: "/Enterprise/orders/a 中's/" }],
  ['path-encoding', { path: RIGHT.path.replaceAll(/%../g, (code) => code.toLowerCase()) }],
  ['path-encoding', { path: RIGHT.path.replace('%27', "'") }],
  ['query-left-out', { query: '' }],
  ['query-not-sorted', { query: 'many=2&many=1&Zone=a%20b%27&empty=' }],
  ['query-not-sorted', { query: 'Zone=a%20b%27&empty=&many=2&many=1' }],
  ['query-lower-case', { query: 'empty=&many=1&many=2&zone=a%20b%27' }],
  ['query-not-encoded', { query: "Zone=a b'&empty=&many=1&many=2" }],
  ['query-encoding', { query: RIGHT.query.replace('%20', '+') }],
  ['query-encoding', { query: RIGHT.query.replace('%27', "'") }],
  ['query-empty-values', { query: RIGHT.query.replace('empty=', 'empty') }],
  ['query-empty-values', { query: RIGHT.query.replace('empty=&', '') }],
  ['query-repeated', { query: RIGHT.query.replace('many=1&', '') }],
  ['query-repeated', { query: RIGHT.query.replace('&many=2', '') }],
  ['host-port', { headers: RIGHT.headers.replace(':8080', '') }],
  ['headers-order', { headers: `x-sdk-date:${DATE}\nhost:127.0.0.1:8080\n\n` }],
  ['headers-case', { headers: `Host:127.0.0.1:8080\nX-Sdk-Date:${DATE}\n\n` }],
  ['headers-case', { headers: `Host:127.0.0.1:8080\nX-Sdk-Date:${DATE}\n\n`, list: 'Host;X-Sdk-Date' }],
  ['headers-blank-line', { headers: RIGHT.headers.slice(0, -1) }],
  ['body-left-out', { body: sha256Hex('') }],
  ['body-newline', { body: sha256Hex(`${BODY}\n`) }],
  ['body-newline', { body: sha256Hex('{"a":1}') }, { body: '{"a":1}\n' }],
  ['body-newline', { body: sha256Hex('a\nb') }, { body: 'a\r\nb' }],
  ['body-json-rewritten', { body: sha256Hex('{"name":"李雷","city":"深圳"}') }],
  ['body-json-rewritten', { body: sha256Hex('{"name": "李雷", "city": "深圳"}') }],
  ['body-json-rewritten', { body: sha256Hex(String.raw`{"name": "\u674e\u96f7", "city": "\u6df1\u5733"}`) }],
  ['body-json-rewritten', { body: sha256Hex('{\n  "name": "李雷",\n  "city": "深圳"\n}') }],
  ['body-as-json-text', { body: sha256Hex('"a=1&b=2"') }, { body: 'a=1&b=2' }],
  ['body-hash-header', {}, { headers: { 'X-Sdk-Content-Sha256': sha256Hex('other') } }],
  ['body-unsigned', { body: 'UNSIGNED-PAYLOAD' }],
  ['body-hash-case', { body: RIGHT.body.toUpperCase() }],
  ['text-not-hashed', { hashed: false }],
  ['secret-line-break', { secret: `${CREDENTIAL.secret}\n` }],
  ['key-as-secret', { secret: CREDENTIAL.key }],
];

test.each(ROWS)('%s is found in %j', async (...[mistake, written, sent]) => {
  const { causes } = await explain(signed(written, sent));

  expect(causes).toEqual([{ cause: mistake, message: MISTAKES[mistake] }]);
});

test('every mistake that is looked for is found by a test', () => {
  expect([...new Set(ROWS.map(([mistake]) => mistake))].sort()).toEqual(Object.keys(MISTAKES).sort());
});

test('two mistakes at a time are found, and the lines they are in', async () => {
  const { causes, differs, ...seen } = await explain(
    signed({ path: '/Enterprise/orders/a%20%E4%B8%AD%27s', query: '' }),
  );

  expect(causes.map(({ cause }) => cause)).toEqual(['path-without-slash', 'query-left-out']);
  expect(differs).toEqual([
    { line: 2, signed: '/Enterprise/orders/a%20%E4%B8%AD%27s', expected: '/Enterprise/orders/a%20%E4%B8%AD%27s/' },
    { line: 3, signed: '', expected: RIGHT.query },
  ]);
  expect(seen).toEqual({
    canonical_request: [
      'POST',
      RIGHT.path,
      RIGHT.query,
      'host:127.0.0.1:8080',
      `x-sdk-date:${DATE}`,
      '',
      'host;x-sdk-date',
      sha256Hex(BODY),
    ],
    canonical_request_sha256: sha256Hex(seen.canonical_request?.join('\n') ?? ''),
    string_to_sign: `SDK-HMAC-SHA256\n${DATE}\n${seen.canonical_request_sha256}`,
  });
});

test('what the canonical request says is what has to be signed', async () => {
  const { string_to_sign = '' } = await explain(signed({ secret: 'another' }));
  const right = createHmac('sha256', CREDENTIAL.secret).update(string_to_sign).digest('hex');

  expect(signed({}).request.headers.find(([name]) => name === 'Authorization')?.[1]).toContain(right);
});

describe('what is wrong before the secret', () => {
  const authorization = (text: string) => signed({}, { headers: { Authorization: text } });
  const header = (text: string) =>
    `SDK-HMAC-SHA256 Access=${CREDENTIAL.key}, SignedHeaders=${text}, Signature=${'0'.repeat(64)}`;

  test.each([
    [
      'a header of another form',
      authorization('SDK-HMAC-SHA256 Credential=a'),
      'authorization-header',
      'is not of the form',
    ],
    [
      'an absent header',
      authorization(header('host;x-sdk-date;x-stage')),
      'signed-header-absent',
      'header x-stage arrived 0 times. Send each',
    ],
    ['an unsigned date', authorization(header('host')), 'signed-headers-list', 'must hold x-sdk-date'],
    [
      'a missing date',
      {
        ...signed({}),
        request: { ...signed({}).request, headers: [['Authorization', header('x-sdk-date')] as const] },
      },
      'signed-header-absent',
      'x-sdk-date arrived 0',
    ],
    ['a date of another form', signed({}, { headers: { 'X-Sdk-Date': '2026-11-20' } }), 'date-form', '2026-11-20'],
    [
      'a hash of another form',
      signed({}, { headers: { 'X-Sdk-Content-Sha256': 'ABC' } }),
      'body-hash-form',
      'lower case',
    ],
    [
      'no credentials',
      { ...signed({}), request: { ...signed({}).request, headers: [] } },
      'credentials',
      'The call brings no credentials, the API accepts signature.',
    ],
  ])('%s', async (_, call, cause, message) => {
    expect((await explain(call)).causes).toEqual([{ cause, message: expect.stringContaining(message) }]);
  });

  test('a date too far away is told with both times', async () => {
    const { causes } = await explain(signed({}), {}, new Date('2026-11-20T09:50:00Z'));

    expect(causes).toEqual([
      { cause: 'date-skew', message: expect.stringContaining(`${DATE} is more than 15 minutes from 20261120T095000Z`) },
    ]);
  });

  test('an unknown key and a disabled app', async () => {
    const as = (key: string) => authorization(header('host;x-sdk-date').replace(CREDENTIAL.key, key));

    expect(await causesOf(as('nobody'))).toEqual(['unknown-key']);
    expect(await causesOf(as('disabled'))).toEqual(['app-disabled']);
  });
});

test('a right signature that was refused: over another body, left out, used before, or no longer wrong', async () => {
  const declared = foreignSign({
    method: 'POST',
    endpoint: 'http://h.example.com/Enterprise/orders',
    headers: { 'X-Sdk-Content-Sha256': sha256Hex('a=1') },
  });
  const call = (headers: Record<string, string>, body: string) => ({
    request: { method: 'POST', path: '/Enterprise/orders', query: [], headers: Object.entries(headers) },
    body: bodyReadings(Buffer.from(body)),
  });
  const unsigned = foreignSign({
    method: 'POST',
    endpoint: 'http://h.example.com/Enterprise/orders',
    headers: { 'X-Sdk-Content-Sha256': 'UNSIGNED-PAYLOAD' },
  });

  expect(await causesOf(call(declared, 'a=1\n'))).toEqual(['body-hash', 'body-newline']);
  expect(await causesOf(call(declared, 'b'))).toEqual(['body-hash']);
  expect(await causesOf(call(declared, 'a=1'), { replayDefence: true })).toEqual(['used-before']);
  expect(await causesOf(call(declared, 'a=1'))).toEqual(['nothing-now']);
  expect(await causesOf(call(unsigned, 'a=1'), { unsignedPayload: false })).toEqual(['unsigned-payload']);
});

test('credentials of other schemes are explained too', async () => {
  const withHeaders = (headers: Record<string, string>) => ({
    request: { method: 'POST', path: '/', query: [], headers: Object.entries(headers) },
    body: bodyReadings(Buffer.from('')),
  });
  const basic = (text: string) => withHeaders({ Authorization: `Basic ${Buffer.from(text).toString('base64')}` });
  const schemes = ['basic', 'jwt', 'secret', 'appCode', 'apikey'] as const;
  const old = String(NOW.getTime() - 16 * 60_000);

  expect(await causesOf(basic(`${CREDENTIAL.key}:wrong`), { schemes })).toEqual(['wrong-secret']);
  expect(await causesOf(basic('nobody:wrong'), { schemes })).toEqual(['unknown-key']);
  expect(await causesOf(basic('nobody:wrong'))).toEqual(['credentials']);
  expect(await causesOf(withHeaders({ apikey: 'disabled' }), { schemes })).toEqual(['app-disabled']);
  expect(await causesOf(withHeaders({ 'X-Apig-AppCode': 'x' }), { schemes })).toEqual(['unknown-app-code']);
  const token = withHeaders({ Authorization: createAppToken(CREDENTIAL.key, 'x', old), Timestamp: old });
  expect((await explain(token, { schemes })).causes[0]?.message).toContain('more than 15 minutes');
});

test('no explanation holds a secret, or the signature that would be right', async () => {
  const right = /Signature=(\w+)/.exec(signed({}).request.headers.map(String).join())?.[1] as string;
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...ROWS), async (row) => {
      const text = JSON.stringify(await explain(signed(row[1], row[2])));

      expect(text).not.toContain(CREDENTIAL.secret);
      expect(text).not.toContain(right);
    }),
  );
});

test('what was signed with another secret has no explanation but that', async () => {
  const explanation = await explain(signed({ secret: 'another' }));

  expect(explanation.causes).toMatchObject([
    { cause: 'unknown', message: expect.stringContaining('the secret is another one') },
  ]);
  expect(explanation.differs).toBeUndefined();
});
