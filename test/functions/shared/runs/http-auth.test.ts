import { beforeEach, expect, test } from '@jest/globals';
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
  return (await authorize({ url: new URL('https://h/'), headers: {} })).headers['authorization'];
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
