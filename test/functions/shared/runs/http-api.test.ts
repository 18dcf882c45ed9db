import { expect, test } from '@jest/globals';
import { ApiFault } from '../../../../core/fdi/run-http-fault.ts';
import type { HttpSource } from '../../../../core/fdi/run-http-source.ts';
import { AddressRefused } from '../../../../functions/shared/address-guard.ts';
import { type GuardedReply, type GuardedRequest, HttpFailed } from '../../../../functions/shared/guarded-exchange.ts';
import { askApi } from '../../../../functions/shared/runs/http-api.ts';

const SOURCE: HttpSource = {
  ...{ kind: 'http', url: 'https://shop.example.com/v1', method: 'GET', query: {}, headers: {}, dataType: 'JSON' },
  ...{ records: '$', paging: { by: 'none' }, maxPages: 1, maxBytes: 2048, timeoutSeconds: 30, key: ['id'] },
  ...{ timeZone: 'UTC', auth: { kind: 'bearer' } },
};

interface Said {
  readonly status: number;
  readonly headers?: Record<string, string>;
  readonly body?: string;
}

function api(answers: readonly (Said | Error)[], source: Partial<HttpSource> = {}) {
  const asked: GuardedRequest[] = [];
  let logins = 1;
  const ask = askApi(
    { ...SOURCE, ...source },
    {
      authorizer: {
        authorize: async ({ url, headers }) => ({
          url,
          headers: { ...headers, authorization: `Bearer s3cret-${logins}` },
        }),
        renew() {
          logins += 1;

          return true;
        },
        clean: (text) => text.replaceAll(/s3cret-\d/g, '***'),
      },
      async exchange(request) {
        const said = answers[asked.length] ?? { status: 500 };
        asked.push(request);
        if (said instanceof Error) throw said;
        const { status, headers = {}, body = '' } = said;

        return { response: { statusCode: status, headers }, body: Buffer.from(body) } as unknown as GuardedReply;
      },
    },
  );

  return {
    asked,
    get: (url = SOURCE.url) => ask({ method: source.method ?? 'GET', url, headers: { accept: 'a' } }, 1000),
  };
}

test('a login that is refused is read anew, once', async () => {
  const { asked, get } = api([{ status: 401 }, { status: 401, body: 'who is s3cret-2?' }]);
  const { status, body } = await get();

  expect([status, String(body)]).toEqual([401, 'who is ***?']);
  expect(asked.map(({ headers }) => headers['authorization'])).toEqual(['Bearer s3cret-1', 'Bearer s3cret-2']);
});

test('redirects are followed, each by its own address; the login stays with the host it was declared for', async () => {
  const { asked, get } = api([
    { status: 302, headers: { location: '/v2?a=1' } },
    { status: 307, headers: { location: 'https://cdn.example.com/x' } },
    { status: 200, body: '[]' },
  ]);
  const { url } = await get();

  expect(url).toBe('https://cdn.example.com/x');
  expect(asked.map(({ url: own, headers }) => [own.href, headers['authorization'] !== undefined])).toEqual([
    ['https://shop.example.com/v1', true],
    ['https://shop.example.com/v2?a=1', true],
    ['https://cdn.example.com/x', false],
  ]);
});

test.each<readonly [string, readonly Said[], Partial<HttpSource>, string]>([
  ['to plain http', [{ status: 302, headers: { location: 'http://shop.example.com/' } }], {}, 'no address of https'],
  ['to a file', [{ status: 302, headers: { location: 'file:///etc/passwd' } }], {}, 'no address of https'],
  ['of a POST', [{ status: 302, headers: { location: '/' } }], { method: 'POST' }, 'another one by now'],
  ['without end', Array(9).fill({ status: 308, headers: { location: '/again' } }), {}, 'more than 5 times'],
])('a redirect %s is refused', async (_what, answers, source, words) => {
  const error = await api(answers, source)
    .get()
    .catch((caught: unknown) => caught);

  expect(error).toBeInstanceOf(ApiFault);
  expect(error).toMatchObject({ kind: 'lasting', message: expect.stringContaining(words) });
});

test.each<readonly [string, Error, string]>([
  ['no answer in time', new HttpFailed('late', true, 'no answer'), 'passing'],
  ['a lost connection', new HttpFailed('unreachable', true, 'reset'), 'passing'],
  ['a large answer', new HttpFailed('too-large', true, '0 MB'), 'lasting'],
  [
    'a certificate nobody vouches for',
    new HttpFailed('unreachable', false, 'self-signed', {
      cause: Object.assign(new Error('x'), { code: 'DEPTH_ZERO_SELF_SIGNED_CERT' }),
    }),
    'lasting',
  ],
])('%s is a fault of its own kind', async (_what, error, kind) => {
  expect(
    await api([error])
      .get()
      .catch((caught: unknown) => caught),
  ).toMatchObject({ name: 'ApiFault', kind });
});

test('an address that leads inside is refused as such', async () => {
  const refused = new AddressRefused('169.254.169.254 may not be reached from here');

  expect(
    await api([refused])
      .get()
      .catch((caught: unknown) => caught),
  ).toBe(refused);
});
