import { expect, test } from '@jest/globals';
import type { ApiDefinition } from '../../../core/apic/api-definition.ts';
import { type Authorities, authorizeCall } from '../../../core/apic/authorize-call.ts';
import { EMPTY_BODY_SHA256, type SignableRequest, sha256Hex } from '../../../core/apic/canonical-request.ts';
import { CREDENTIAL, foreignSign, NOW } from './raw-request.ts';

const API: ApiDefinition = {
  name: 'free',
  app: 'Parking',
  method: 'GET',
  path: '/parking/free',
  auth: 'app',
  appCode: true,
  parameters: [],
  backend: { kind: 'data', returnObject: 'default', sql: 'select 1' },
};
const ENDPOINT = 'https://apis.example.com/Parking/parking/free';
const CODE = 'Abcdefghijklmnopqrstuvwxyz0123456789';

interface World {
  readonly app: string;
  readonly enabled: boolean;
  readonly granted: boolean;
}

/** One app with a key and a code; what was asked is noted. */
function authorities({ app = 'City', enabled = true, granted = true }: Partial<World> = {}) {
  const asked: string[] = [];
  const used = new Set<string>();
  const ports: Authorities = {
    app: async (key) => (key === CREDENTIAL.key ? { app, secretArn: 'arn:secret', enabled } : undefined),
    keyOfCode: async (hash) => (hash === sha256Hex(CODE) ? CREDENTIAL.key : undefined),
    isGranted: async (api, caller) => {
      asked.push(`${caller} → ${api}`);

      return granted;
    },
    knowsSecret: async (_app, proof) => proof(CREDENTIAL.secret),
    firstUse: async ({ id }) => !used.has(id) && used.add(id) !== undefined,
  };

  return { ports, asked };
}

function request(headers: Record<string, string> = {}, method = 'GET'): SignableRequest {
  return { method, path: '/Parking/parking/free', query: [], headers: Object.entries(headers) };
}

function signed(method = 'GET', more: { data?: unknown; headers?: Record<string, string> } = {}) {
  return request(foreignSign({ method, endpoint: ENDPOINT, ...more }), method);
}

function decide(call: SignableRequest, world: Partial<World> = {}, api: Partial<ApiDefinition> = {}, now = NOW) {
  return authorizeCall(call, { ...API, ...api }, authorities(world).ports, now);
}

const denied = (code: string, reason: string) => ({ outcome: 'deny', code, reason: expect.stringContaining(reason) });

test('a granted app may call by signature', async () => {
  expect(await decide(signed())).toEqual({
    outcome: 'allow',
    app: 'City',
    body: { kind: 'hash', sha256: EMPTY_BODY_SHA256 },
  });
});

test('the owner may call without a grant, and nobody looks for one', async () => {
  const { ports, asked } = authorities({ app: 'Parking', granted: false });

  expect(await authorizeCall(signed(), API, ports, NOW)).toMatchObject({ outcome: 'allow', app: 'Parking' });
  expect(asked).toEqual([]);
});

test('an app without a grant is refused as such', async () => {
  expect(await decide(signed(), { granted: false })).toMatchObject(
    denied('APIC.0304', 'app City has no grant for free'),
  );
  expect(await decide(request({ 'X-Apig-AppCode': CODE }), { granted: false })).toMatchObject(
    denied('APIC.0304', 'no grant'),
  );
});

test.each([
  ['over a body still to come', signed('POST', { data: { a: 1 } }), { kind: 'signed' }],
  [
    'over a declared hash',
    signed('POST', { headers: { 'X-Sdk-Content-Sha256': sha256Hex('x') } }),
    { kind: 'hash', sha256: sha256Hex('x') },
  ],
])('without a grant, a signature %s is to be verified first', async (_, call, body) => {
  expect(await decide(call, { granted: false })).toMatchObject({ ...denied('APIC.0304', 'no grant'), body });
});

test('a forged signature is refused alike with and without a grant', async () => {
  const forged = { ...signed(), path: '/Parking/parking/fees' };

  expect(await decide(forged, { granted: false })).toEqual(await decide(forged, { granted: true }));
});

test('a granted app may call by AppCode, whatever its header is spelt like', async () => {
  expect(await decide(request({ 'x-APIG-appcode': CODE }))).toEqual({
    outcome: 'allow',
    app: 'City',
    body: { kind: 'none' },
  });
});

test('anyone may call an API without authentication, also with a bad signature', async () => {
  const open = { auth: 'none', appCode: false } as const;

  expect(await decide(request(), {}, open)).toEqual({ outcome: 'allow', app: '', body: { kind: 'none' } });
  expect(await decide(request({ Authorization: 'SDK-HMAC-SHA256 nonsense' }), {}, open)).toMatchObject({
    outcome: 'allow',
  });
});

test.each([
  ['nothing', request(), 'the call brings no credentials, the API accepts signature, appCode'],
  ['another scheme', request({ Authorization: 'Basic YTpi' }), 'the call brings basic, the API accepts'],
  ['an unknown AppCode', request({ 'X-Apig-AppCode': `${CODE}x` }), 'the AppCode is unknown'],
  ['an empty AppCode', request({ 'X-Apig-AppCode': '' }), 'the AppCode is unknown'],
  ['a malformed signature', request({ Authorization: 'SDK-HMAC-SHA256 x' }), 'is not of the form'],
  ['a tampered query', { ...signed(), query: [['zone', 'B']] as const }, 'does not match'],
  ['a tampered path', { ...signed(), path: '/Parking/parking/fees' }, 'does not match'],
])('%s is refused', async (_, call, reason) => {
  expect(await decide(call)).toMatchObject(denied('APIC.0303', reason));
});

test('an unknown key and a disabled app are refused', async () => {
  const { ports } = authorities();
  const nobody: Authorities = { ...ports, app: async () => undefined };

  expect(await authorizeCall(signed(), API, nobody, NOW)).toMatchObject(denied('APIC.0303', 'is unknown'));
  expect(await decide(signed(), { enabled: false })).toMatchObject(denied('APIC.0303', 'is disabled'));
  expect(await decide(request({ 'X-Apig-AppCode': CODE }), { enabled: false })).toMatchObject(
    denied('APIC.0303', 'is disabled'),
  );
});

test('a date 16 minutes off is refused', async () => {
  const later = new Date(NOW.getTime() + 16 * 60 * 1000);

  expect(await decide(signed(), {}, {}, later)).toMatchObject(denied('APIC.0303', 'more than 15 minutes'));
});

test('an AppCode is refused where the API does not accept one, and where two arrive', async () => {
  const twice = {
    ...request(),
    headers: [
      ['X-Apig-AppCode', CODE],
      ['x-apig-appcode', CODE],
    ] as const,
  };

  expect(await decide(request({ 'X-Apig-AppCode': CODE }), {}, { appCode: false })).toMatchObject(
    denied('APIC.0303', 'the call brings appCode, the API accepts signature'),
  );
  expect(await decide(twice)).toMatchObject(denied('APIC.0303', 'several headers x-apig-appcode'));
});

test('a bad signature is not saved by a good AppCode beside it, another scheme does not stand in its way', async () => {
  const both = request({ Authorization: 'SDK-HMAC-SHA256 x', 'X-Apig-AppCode': CODE });
  const other = request({ Authorization: 'Bearer for-the-backend', 'X-Apig-AppCode': CODE });

  expect(await decide(both)).toMatchObject({ outcome: 'deny', code: 'APIC.0303' });
  expect(await decide(other)).toMatchObject({ outcome: 'allow' });
});

test('a declared body hash is what the body must have', async () => {
  const sha256 = sha256Hex('the body');

  expect(await decide(signed('POST', { headers: { 'X-Sdk-Content-Sha256': sha256 } }))).toMatchObject({
    outcome: 'allow',
    body: { kind: 'hash', sha256 },
  });
});

test('an unsigned payload is not checked', async () => {
  expect(await decide(signed('POST', { headers: { 'X-Sdk-Content-Sha256': 'UNSIGNED-PAYLOAD' } }))).toMatchObject({
    outcome: 'allow',
    body: { kind: 'none' },
  });
});

test.each(['POST', 'PUT', 'DELETE'])(
  'a %s whose signature covers a body is left to who has the body',
  async (method) => {
    expect(await decide(signed(method, { data: { a: 1 } }))).toEqual({
      outcome: 'allow',
      app: 'City',
      body: { kind: 'signed' },
    });
  },
);

test('a GET has no body to wait for, nor has a request that declares its hash', async () => {
  const tampered = { ...signed('POST', { headers: { 'X-Sdk-Content-Sha256': sha256Hex('x') } }), path: '/other' };

  expect(await decide(signed('GET', { data: { a: 1 } }))).toMatchObject(denied('APIC.0303', 'does not match'));
  expect(await decide(tampered)).toMatchObject(denied('APIC.0303', 'does not match'));
});

test('a failing lookup is the caller’s to handle', async () => {
  const { ports } = authorities();
  const failing: Authorities = { ...ports, app: async () => Promise.reject(new TypeError('table gone')) };

  await expect(authorizeCall(signed(), API, failing, NOW)).rejects.toThrow('table gone');
});
