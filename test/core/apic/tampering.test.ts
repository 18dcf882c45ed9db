import { describe, expect, test } from '@jest/globals';
import type { ApiDefinition } from '../../../core/apic/api-definition.ts';
import { type Authorities, authorizeCall } from '../../../core/apic/authorize-call.ts';
import { type SignableRequest, sha256Hex } from '../../../core/apic/canonical-request.ts';
import { apiAt } from '../../../core/apic/cors.ts';
import { percentDecode } from '../../../core/apic/percent-encoding.ts';
import { readSignature, signatureMatches } from '../../../core/apic/signature.ts';
import { CREDENTIAL, foreignSign, NOW, type RawRequest, received } from './raw-request.ts';

interface Sent extends RawRequest {
  readonly body: Buffer;
}

const HOST = 'https://apis.example.com:8443';
const API: ApiDefinition = {
  name: 'orders',
  app: 'City',
  method: 'POST',
  path: '/orders',
  auth: 'app',
  appCode: false,
  parameters: [],
  backend: { kind: 'mock', status: 200, body: '', headers: {} },
};
const knows = (proof: (secret: string) => boolean) => proof(CREDENTIAL.secret);
const AUTHORITIES: Authorities = {
  app: async (key) => (key === CREDENTIAL.key ? { app: 'City', secretArn: 'arn', enabled: true } : undefined),
  keyOfCode: async () => undefined,
  isGranted: async () => false,
  knowsSecret: async (_app, proof) => knows(proof),
  firstUse: async () => true,
};

/** What the authorizer lets pass, and the chain behind it once it has the body. */
async function passes({ body, ...raw }: Sent): Promise<boolean> {
  const request = received(raw);
  const api = apiAt(
    ['GET', 'POST'].map((method) => ({ ...API, method }) as ApiDefinition),
    '/orders',
    request.method,
  );
  if (api === undefined) {
    return false;
  }
  const decision = await authorizeCall(request, api, AUTHORITIES, NOW);
  if (decision.outcome === 'deny') {
    return false;
  }
  switch (decision.body.kind) {
    case 'hash':
      return decision.body.sha256 === sha256Hex(body);
    case 'signed': {
      const reading = readSignature(request, NOW);

      return (
        reading.outcome === 'presented' &&
        knows((secret) =>
          signatureMatches(reading.presented.signature, reading.presented.stringsToSign(sha256Hex(body)), secret),
        )
      );
    }
    default:
      return true;
  }
}

/** What a backend reads: requests that are one for it may be signed alike, as `%e4` and `%E4` are. */
function read({ body, ...raw }: Sent): string {
  const { path, query, headers, method }: SignableRequest = received(raw);
  const pairs = (list: SignableRequest['query']) => list.map((pair) => JSON.stringify(pair)).sort();

  return JSON.stringify([
    method,
    path.split('/').map(percentDecode),
    pairs(query),
    pairs(headers.map(([name, value]) => [name.toLowerCase(), value])),
    body.toString('base64'),
  ]);
}

/** The request with each of its bits changed in turn: method, path and query, names and values of the headers, body. */
function* changed(sent: Sent): Generator<[what: string, Sent]> {
  for (const [bit, method] of flips(sent.method)) {
    yield [`method, bit ${bit}`, { ...sent, method }];
  }
  for (const [bit, target] of flips(sent.target)) {
    yield [`target, bit ${bit}`, { ...sent, target }];
  }
  for (const [index, [name, value]] of sent.headers.entries()) {
    for (const [bit, other] of flips(name)) {
      yield [`name of ${name}, bit ${bit}`, { ...sent, headers: sent.headers.with(index, [other, value]) }];
    }
    for (const [bit, other] of flips(value)) {
      yield [`${name}, bit ${bit}`, { ...sent, headers: sent.headers.with(index, [name, other]) }];
    }
  }
  for (const [bit, text] of flips(sent.body.toString('latin1'))) {
    yield [`body, bit ${bit}`, { ...sent, body: Buffer.from(text, 'latin1') }];
  }
}

function* flips(text: string): Generator<[bit: number, text: string]> {
  const bytes = Buffer.from(text, 'latin1');
  for (let bit = 0; bit < bytes.length * 8; bit += 1) {
    const other = Buffer.from(bytes);
    other[bit >> 3] = (other[bit >> 3] as number) ^ (1 << (bit & 7));
    yield [bit, other.toString('latin1')];
  }
}

type Foreign = Parameters<typeof foreignSign>[0];

/** A request of the reference's client. */
function sentBySdk(target: string, request: Partial<Foreign>, body = ''): Sent {
  const { method = 'GET', ...more } = request;
  const headers = foreignSign({ method, endpoint: `${HOST}${target.split('?')[0]}`, ...more });

  return { method, target, headers: Object.entries(headers), body: Buffer.from(body) };
}

const JSON_BODY = { item: '螺丝', many: [1, 2], empty: '' };
const FORM = 'item=%E8%9E%BA%E4%B8%9D+a%26b&empty=&many=2&many=1';
const REQUESTS: readonly [string, Sent][] = [
  [
    'a GET with escapes, Chinese, repeated and empty parameters',
    sentBySdk("/Parking/a%20%E4%B8%AD'(x)!*~/free?Zone=%E7%A9%BA%20%26%3D%2B&empty=&many=2&many=1", {
      queryParams: { Zone: '空 &=+', empty: '', many: ['2', '1'] },
      headers: { 'X-Stage': 'RELEASE', 'Content-Type': 'application/json' },
    }),
  ],
  [
    'a POST of JSON whose hash is not sent along',
    sentBySdk('/Parking/orders', { method: 'POST', data: { ...JSON_BODY } }, JSON.stringify(JSON_BODY)),
  ],
  [
    'a POST of a form with its hash',
    sentBySdk('/Parking/orders', { method: 'POST', headers: { 'X-Sdk-Content-Sha256': sha256Hex(FORM) } }, FORM),
  ],
];

describe.each(REQUESTS)('%s, signed by the reference’s client,', (_, sent) => {
  test('passes as it is', async () => {
    expect(await passes(sent)).toBe(true);
  });

  test('is refused with any one of its bits changed', async () => {
    const before = read(sent);
    const through: string[] = [];
    let count = 0;
    for (const [what, other] of changed(sent)) {
      if (read(other) !== before) {
        count += 1;
        if (await passes(other)) {
          through.push(what);
        }
      }
    }

    expect(through).toEqual([]);
    expect(count).toBeGreaterThan(2000);
  });
});

test('blanks that HTTP does not know are part of what was signed', async () => {
  const sent = sentBySdk('/Parking/orders', { headers: { 'X-Role': 'guest' } });
  const withRole = (role: string) => ({
    ...sent,
    headers: sent.headers.map(([name, value]) => [name, name === 'X-Role' ? role : value] as const),
  });

  expect(await passes(withRole(' guest\t'))).toBe(true);
  expect(await passes(withRole('guest\u00a0'))).toBe(false);
  expect(await passes(withRole('\ufeffguest'))).toBe(false);
});

test('a body that was left out of the signature may be any; nothing else may', async () => {
  const sent = sentBySdk(
    '/Parking/orders',
    { method: 'POST', headers: { 'X-Sdk-Content-Sha256': 'UNSIGNED-PAYLOAD' } },
    FORM,
  );

  for (const [what, other] of changed(sent)) {
    expect(read(other) === read(sent) || (await passes(other)) === what.startsWith('body')).toBe(true);
  }
});

test.each([
  [14 * 60 + 59, true],
  [15 * 60 + 1, false],
  [-(14 * 60 + 59), true],
  [-(15 * 60 + 1), false],
])('a clock %d seconds away: passes %s', async (seconds, expected) => {
  const { body: _, ...raw } = sentBySdk('/Parking/orders', {});
  const then = new Date(NOW.getTime() + seconds * 1000);
  const { outcome } = await authorizeCall(received(raw), { ...API, method: 'GET' }, AUTHORITIES, then);

  expect(outcome === 'allow').toBe(expected);
});
