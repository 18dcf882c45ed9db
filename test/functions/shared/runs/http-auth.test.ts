import { beforeEach, expect, test } from '@jest/globals';
import { readSignature, signatureMatches } from '../../../../core/apic/signature.ts';
import type { HttpAuth } from '../../../../core/fdi/run-http-auth.ts';
import type { GuardedReply, GuardedRequest } from '../../../../functions/shared/guarded-exchange.ts';
import { httpAuthorizer } from '../../../../functions/shared/runs/http-auth.ts';
import { awsEndpoint } from '../aws-endpoint.ts';
import { secretStore } from '../secret-store.ts';

const OAUTH: HttpAuth = { kind: 'oauth2', clientId: 'shop', credentials: 'header' };
const aws = awsEndpoint();
let secrets: Map<string, string>;
let time: number;
let asked: GuardedRequest[];
let answers: { status: number; body: string }[];

beforeEach(() => {
  secrets = new Map([[`secret-${Math.random()}`, 's3cret']]);
  secretStore(aws, secrets);
  process.env['TARGET_SECRET_ARN'] = [...secrets.keys()][0];
  process.env['TARGET_TOKEN_URL'] = 'https://login.example.com/token';
  delete process.env['TARGET_SECRET_KEY'];
  time = 1_000_000;
  asked = [];
  answers = [];
});

function authorizer(auth: HttpAuth) {
  return httpAuthorizer({
    ...{ side: 'TARGET', auth, now: () => time },
    async exchange(request) {
      asked.push(request);
      const { status, body } = answers.shift() ?? { status: 500, body: '' };

      return { response: { statusCode: status, headers: {} }, body: Buffer.from(body) } as unknown as GuardedReply;
    },
  });
}

function token(text: string) {
  return { status: 200, body: JSON.stringify({ access_token: text, expires_in: 600 }) };
}

async function sentBy({ authorize }: ReturnType<typeof httpAuthorizer>) {
  return (await authorize({ method: 'GET', url: new URL('https://h/'), headers: {} })).headers['authorization'];
}

test('a token is asked for once, again before its end, and again when it was refused', async () => {
  const own = authorizer(OAUTH);
  answers.push(token('one'), token('two'), token('three'));

  expect([await sentBy(own), await sentBy(own)]).toEqual(['Bearer one', 'Bearer one']);
  time += 540_000;
  expect(await sentBy(own)).toBe('Bearer two');
  expect(own.renew()).toBe(true);
  expect(await sentBy(own)).toBe('Bearer three');
  expect(asked.map(({ method, url }) => `${method} ${url}`)).toEqual(
    Array(3).fill('POST https://login.example.com/token'),
  );
});

test('a secret that was changed is read again when the server refuses the old one', async () => {
  const own = authorizer({ kind: 'bearer' });
  expect(await sentBy(own)).toBe('Bearer s3cret');
  secrets.set(String(process.env['TARGET_SECRET_ARN']), 'rotated');
  expect(await sentBy(own)).toBe('Bearer s3cret');

  own.renew();

  expect(await sentBy(own)).toBe('Bearer rotated');
});

test('one field of a secret may be it; nothing is read where nothing is needed', async () => {
  expect(await sentBy(authorizer({ kind: 'none' }))).toBeUndefined();
  expect(authorizer({ kind: 'none' }).renew()).toBe(false);
  expect(aws.requests).toEqual([]);
  secrets.set(String(process.env['TARGET_SECRET_ARN']), '{"token":"field"}');
  process.env['TARGET_SECRET_KEY'] = 'token';

  expect(await sentBy(authorizer({ kind: 'bearer' }))).toBe('Bearer field');
  process.env['TARGET_SECRET_KEY'] = 'other';
  await expect(sentBy(authorizer({ kind: 'bearer' }))).rejects.toThrow('secret of the target: received "other"');
});

test('what servers answer is shown without what they were told', async () => {
  const own = authorizer(OAUTH);
  answers.push(token('t0ken'));
  await sentBy(own);

  expect(own.clean('you sent t0ken, got for s3cret')).toBe('you sent ***, got for ***');
  own.renew();
  answers.push({ status: 400, body: '{"error":"s3cret is wrong"}' });
  await expect(sentBy(own)).rejects.toThrow("the token's server answered 400: *** is wrong");
});

test('an app signs each request, so that it lets in once, and its secret is in nothing that is shown', async () => {
  secrets.set(process.env['TARGET_SECRET_ARN'] ?? '', JSON.stringify({ key: 'K1', secret: 's1gning', appCodes: [] }));
  const own = authorizer({ kind: 'app' });
  const url = new URL('https://api.example.com/v1/orders?since=2026-01-01%2000:00');
  const body = Buffer.from('{"Id":1}');
  const signed = async () => {
    const { headers } = await own.authorize({ method: 'POST', url, headers: { accept: '*/*' }, body });
    const pairs = Object.entries({ ...headers, host: url.host });
    const request = { method: 'POST', path: url.pathname, query: [...url.searchParams], headers: pairs };

    return readSignature(request, new Date(time));
  };
  const readings = [await signed(), await signed()];

  for (const reading of readings) {
    const { presented } = reading as Extract<typeof reading, { outcome: 'presented' }>;
    expect(presented.key).toBe('K1');
    expect(signatureMatches(presented.signature, presented.stringsToSign(), 's1gning')).toBe(true);
  }
  expect(JSON.stringify(readings[0])).not.toBe(JSON.stringify(readings[1]));
  expect(own.clean('it said s1gning')).toBe('it said ***');
});
