import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createAppToken } from '../../core/apic/app-token.ts';
import { sha256Hex } from '../../core/apic/canonical-request.ts';
import { sign } from '../../core/apic/signature.ts';
import { signedByReferenceSdk } from './caller.ts';
import { causeway, type LocalFile, type Platform, removeFolder, startPlatform } from './platform.ts';

const REFUSED = {
  error_msg: 'Incorrect App authentication information.',
  error_code: 'APIC.0303',
  request_id: expect.stringMatching(/^[0-9a-f]{32}$/),
};
const FORM = { 'Content-Type': 'application/x-www-form-urlencoded' };
const JSON_TYPE = { 'Content-Type': 'application/json' };

let platform: Platform;
let group: string;
let owner: LocalFile['apps'][string];

beforeAll(async () => {
  platform = await startPlatform({ integration: 'enterprise' });
  group = platform.file.apis['Partners']?.url as string;
  owner = platform.file.apps['EnterpriseOwner'] as LocalFile['apps'][string];
}, 240_000);

afterAll(async () => {
  await platform?.stop();
  removeFolder(platform?.state);
}, 60_000);

interface Sent {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

async function send(path: string, { method = 'GET', headers = {}, body }: Sent = {}) {
  const response = await fetch(`${group}${path}`, { method, headers, ...(body !== undefined && { body }) });
  const text = await response.text();

  return { status: response.status, text, body: JSON.parse(text) as Record<string, unknown> };
}

/** A call as the reference's own client signs it, and as fetch then sends it. */
function bySdk(path: string, query: Record<string, string | string[]> = {}, app = owner) {
  const pairs = Object.entries(query).flatMap(([name, value]) =>
    [value].flat().map((one): [string, string] => [name, one]),
  );
  const search = new URLSearchParams(pairs).toString();
  const headers = signedByReferenceSdk(app, { url: `${group}${path}`, query: query as Record<string, string> });

  return send(search === '' ? path : `${path}?${search}`, { headers });
}

const asked = (name: string, note: string | null = null) => ({
  status: 200,
  body: { default: [expect.objectContaining({ Asked: name, Note: note })] },
});

describe('the reference’s own client', () => {
  test.each([
    ['/credit/Ada', 'Ada'],
    ['/credit/Ada%20Lovelace', 'Ada Lovelace'],
    ['/credit/王小明', '王小明'],
    ['/credit/%E7%8E%8B%E5%B0%8F%E6%98%8E', '王小明'],
    ["/credit/a'b(c)!*~-._", "a'b(c)!*~-._"],
    ['/credit/a%2Fb', 'a/b'],
    ['/credit/a@b:c;d=e,f&g+h', 'a@b:c;d=e,f&g+h'],
    ['/credit/100%25', '100%'],
  ])('signs the path %s, and the backend reads %s', async (path, name) => {
    expect(await bySdk(path)).toMatchObject(asked(name));
  });

  test.each<[Record<string, string | string[]>, string | null]>([
    [{ note: 'a b' }, 'a b'],
    [{ note: '备注：空闲' }, '备注：空闲'],
    [{ note: "!'()*+,;:@&=$/?#[]%~ " }, "!'()*+,;:@&=$/?#[]%~ "],
    [{ note: '', city: 'London' }, ''],
    [{ note: 'x', Zebra: '1', alpha: '2', many: ['b', 'a', ''] }, 'x'],
    [{ note: '😀', 名: '值' }, '😀'],
  ])('signs the query %j', async (query, note) => {
    expect(await bySdk('/credit/Ada', query)).toMatchObject(asked('Ada', note));
  });

  test('signs a JSON body whose hash it does not send along', async () => {
    const data = { item: '螺丝 "M4"', many: [1, 2] };
    const url = `${group}/inquiries`;
    const headers = { ...signedByReferenceSdk(owner, { method: 'POST', url, headers: JSON_TYPE, data }) };
    const call = { method: 'POST', headers };

    expect(await send('/inquiries', { ...call, body: JSON.stringify(data) })).toMatchObject({
      status: 200,
      body: { default: [{ Item: '螺丝 "M4"' }] },
    });
    const other = await send('/inquiries', { ...call, body: JSON.stringify({ ...data, item: 'x' }) });

    expect([other.status, other.body]).toEqual([401, REFUSED]);
  });

  test('signs a form by its hash, and no other form passes with it', async () => {
    const body = 'item=%E8%9E%BA%E4%B8%9D+a%26b&empty=&item2=1&item2=2';
    const declared = { ...FORM, 'X-Sdk-Content-Sha256': sha256Hex(body) };
    const headers = signedByReferenceSdk(owner, { method: 'POST', url: `${group}/inquiries`, headers: declared });

    expect(await send('/inquiries', { method: 'POST', headers, body })).toMatchObject({
      status: 200,
      body: { default: [{ Item: '螺丝 a&b' }] },
    });
    expect((await send('/inquiries', { method: 'POST', headers, body: `${body}3` })).status).toBe(401);
  });

  test('may leave a body out of the signature where the API takes that', async () => {
    const unsigned = (path: string) =>
      signedByReferenceSdk(owner, {
        method: 'POST',
        url: `${group}${path}`,
        headers: { ...JSON_TYPE, 'X-Sdk-Content-Sha256': 'UNSIGNED-PAYLOAD' },
      });
    const call = { method: 'POST', body: '{"item":"any"}' };

    expect((await send('/inquiries', { ...call, headers: unsigned('/inquiries') })).status).toBe(200);
    const refused = await send('/orders', { ...call, headers: unsigned('/orders') });

    expect([refused.status, refused.body]).toEqual([401, REFUSED]);
  });
});

const basic = (text: string) => ({ Authorization: `Basic ${Buffer.from(text).toString('base64')}` });
const byToken = (secret: string, timestamp = Date.now()) => ({
  Authorization: createAppToken(owner.key, secret, String(timestamp)),
  Timestamp: String(timestamp),
});

describe('each other scheme', () => {
  test('lets in who knows', async () => {
    const { key, secret, appCodes } = owner;
    const schemes = [
      { 'X-Apig-AppCode': appCodes[0] as string },
      { 'X-HW-ID': key, 'X-HW-AppKey': secret },
      basic(`${key}:${secret}`),
      byToken(secret),
      { apikey: key },
    ];
    for (const headers of schemes) {
      expect(await send('/credit/Ada', { headers: headers as Record<string, string> })).toMatchObject(asked('Ada'));
    }
  });

  test('keeps out who does not, and says no more to any of them', async () => {
    const { key, secret, appCodes } = owner;
    const wrong = [
      {},
      { 'X-Apig-AppCode': `${appCodes[0]}x` },
      { 'X-Apig-AppCode': key },
      { 'X-HW-ID': key, 'X-HW-AppKey': `${secret}x` },
      { 'X-HW-ID': key },
      { 'X-HW-AppKey': secret },
      basic(`${key}:${secret.slice(1)}`),
      basic(`${key}:`),
      basic(key),
      byToken(`${secret}x`),
      byToken(secret, Date.now() - 16 * 60_000),
      { ...byToken(secret), Timestamp: String(Date.now() + 1) },
      { apikey: secret },
      // A bad signature is not saved by a good code beside it.
      { Authorization: 'SDK-HMAC-SHA256 x', 'X-Apig-AppCode': appCodes[0] },
    ];
    for (const headers of wrong) {
      const refused = await send('/credit/Ada', { headers: headers as Record<string, string> });

      expect([refused.status, refused.body]).toEqual([401, REFUSED]);
      expect(Object.keys(refused.body)).toEqual(['error_msg', 'error_code', 'request_id']);
    }
  });

  test('is refused by an API that does not take it', async () => {
    const { key, secret, appCodes } = owner;
    const others = [
      { 'X-Apig-AppCode': appCodes[0] as string },
      { 'X-HW-ID': key, 'X-HW-AppKey': secret },
      basic(`${key}:${secret}`),
      byToken(secret),
      { apikey: key },
    ];
    for (const headers of others) {
      const call = {
        method: 'POST',
        headers: { ...JSON_TYPE, ...headers } as Record<string, string>,
        body: '{"item":"x"}',
      };

      expect((await send('/inquiries', call)).status).toBe(401);
    }
  });

  test('is named by the catalogue', async () => {
    const shown = await causeway('api', 'show', 'Partners/Credit', '--json', '--state', platform.state);

    expect(JSON.parse(shown.stdout)).toMatchObject({
      schemes: ['signature', 'appCode', 'secret', 'basic', 'jwt', 'apikey'],
    });
  });
});

describe('an API whose signatures are good for one call', () => {
  const body = '{"item":"bolt"}';
  const refusedTwice = async (call: () => ReturnType<typeof send>) => {
    const [first, second] = [await call(), await call()];

    expect(first.status).toBe(200);
    expect([second.status, second.body]).toEqual([401, REFUSED]);
  };

  test('refuses the same call the second time: without a body, with its hash, and with a body alone', async () => {
    const get = signedByReferenceSdk(owner, { url: `${group}/orders` });
    const url = new URL(`${group}/orders`);
    const declared = sign({ method: 'POST', url, headers: JSON_TYPE, body: Buffer.from(body) }, owner, new Date());
    const data = { item: 'nut' };
    const received = signedByReferenceSdk(owner, { method: 'POST', url: url.href, headers: JSON_TYPE, data });

    await refusedTwice(() => send('/orders', { headers: get }));
    await refusedTwice(() => send('/orders', { method: 'POST', headers: { ...JSON_TYPE, ...declared }, body }));
    await refusedTwice(() => send('/orders', { method: 'POST', headers: received, body: JSON.stringify(data) }));
  });

  test('takes one of many that arrive at once', async () => {
    const data = { item: 'screw' };
    const headers = signedByReferenceSdk(owner, { method: 'POST', url: `${group}/orders`, headers: JSON_TYPE, data });
    const call = { method: 'POST', headers, body: JSON.stringify(data) };
    const answers = await Promise.all(Array.from({ length: 8 }, () => send('/orders', call)));

    expect(answers.map(({ status }) => status).sort()).toEqual([200, ...Array(7).fill(401)]);
  });

  test('does not let a forger use up a signature', async () => {
    const data = { item: 'washer' };
    const headers = signedByReferenceSdk(owner, { method: 'POST', url: `${group}/orders`, headers: JSON_TYPE, data });
    const call = { method: 'POST', headers };

    expect((await send('/orders', { ...call, body: '{"item":"other"}' })).status).toBe(401);
    expect((await send('/orders', { ...call, body: JSON.stringify(data) })).status).toBe(200);
  });
});

interface Explained {
  readonly explanation: {
    readonly causes: readonly { readonly cause: string; readonly message: string }[];
    readonly differs?: readonly unknown[];
    readonly canonical_request?: readonly string[];
  };
}

describe('an API that explains', () => {
  const causes = async (sent: ReturnType<typeof send>) => {
    const { status, body, text } = await sent;

    expect([status, Object.keys(body)]).toEqual([401, ['error_msg', 'error_code', 'request_id', 'explanation']]);
    expect(text).not.toContain(owner.secret);

    return (body as unknown as Explained).explanation.causes.map(({ cause }) => cause);
  };

  test('answers a right signature as others do', async () => {
    const headers = signedByReferenceSdk(owner, { url: `${group}/try/a` });

    expect(await send('/try/a', { headers })).toMatchObject({ status: 200, body: { signed: true } });
  });

  test('tells a caller what is wrong with its signature', async () => {
    const url = `${group}/try/a%20b`;
    const get = (query: Record<string, string>) => signedByReferenceSdk(owner, { url, query });
    const stranger = signedByReferenceSdk({ ...owner, key: 'nobody' }, { url });
    const other = signedByReferenceSdk({ ...owner, secret: 'other' }, { url });
    const data = { a: 1 };
    const post = {
      method: 'POST',
      headers: signedByReferenceSdk(owner, { method: 'POST', url, headers: JSON_TYPE, data }),
    };

    expect(await causes(send('/try/a%20b?b=1', { headers: get({}) }))).toEqual(['query-left-out']);
    expect(await causes(send('/try/a%20b?Name=x', { headers: get({ name: 'x' }) }))).toEqual(['query-lower-case']);
    expect(await causes(send('/try/a%20b', { headers: stranger }))).toEqual(['unknown-key']);
    expect(await causes(send('/try/a%20b', { headers: other }))).toEqual(['unknown']);
    expect(await causes(send('/try/a%20b', { ...post, body: '{"a":1}\n' }))).toEqual(['body-newline']);
    expect(await causes(send('/try/a%20b', { ...post, body: '{"a": 1}' }))).toEqual(['body-json-rewritten']);
    expect(await causes(send('/try/a%20b'))).toEqual(['credentials']);
  });

  test('shows the canonical request, and the line that differs', async () => {
    const headers = signedByReferenceSdk(owner, { url: `${group.replace('/Partners', '')}/try/a` });
    const { body } = await send('/try/a', { headers });

    expect(body).toMatchObject({
      explanation: {
        causes: [{ cause: 'path-without-stage' }],
        differs: [{ line: 2, signed: '/try/a/', expected: '/Partners/try/a/' }],
        canonical_request: [
          'GET',
          '/Partners/try/a/',
          '',
          ...Array(2).fill(expect.any(String)),
          '',
          'host;x-sdk-date',
          sha256Hex(''),
        ],
      },
    });
  });

  test('is alone in that: the API beside it says nothing', async () => {
    const refused = await send('/orders', { headers: signedByReferenceSdk(owner, { url: `${group}/other` }) });

    expect([refused.status, refused.body]).toEqual([401, REFUSED]);
  });
});
