import { expect, test } from '@jest/globals';
import {
  authorized,
  checkHttpAuth,
  type HttpAuth,
  readToken,
  secretTexts,
  TokenRefused,
  tokenRequest,
  withoutSecrets,
} from '../../../core/fdi/run-http-auth.ts';

const OAUTH = { kind: 'oauth2', clientId: 'a:b c', credentials: 'header' } as const;

function sent(auth: HttpAuth, secret: string) {
  const request = { method: 'GET', url: new URL('https://h/p?a=1'), headers: { accept: '*/*' } };
  const { url, headers } = authorized(request, auth, secret, { now: new Date(0), nonce: 'n' });

  return { url: url.href, headers };
}

test('each way of authentication stands where servers look for it', () => {
  expect(sent({ kind: 'none' }, '')).toEqual({ url: 'https://h/p?a=1', headers: { accept: '*/*' } });
  // RFC 7617, 2.1
  expect(sent({ kind: 'basic', user: 'test' }, '123£').headers).toMatchObject({
    authorization: 'Basic dGVzdDoxMjPCow==',
  });
  expect(sent({ kind: 'bearer' }, 'mF_9.B5f').headers).toMatchObject({ authorization: 'Bearer mF_9.B5f' });
  expect(sent({ kind: 'api-key', in: 'header', name: 'X-Api-Key' }, 'k').headers).toMatchObject({ 'x-api-key': 'k' });
  expect(sent({ kind: 'api-key', in: 'query', name: 'key' }, 'a&b=ä').url).toBe('https://h/p?a=1&key=a%26b%3D%C3%A4');
});

test.each(['', 'two\nlines', ' blank', 'ends\n'])(
  'a secret that is no header is refused without being told: %j',
  (secret) => {
    expect(() => sent({ kind: 'bearer' }, secret)).toThrow(`received "${secret.length} characters"`);
  },
);

test('a token is asked for with the client where its server looks for it', () => {
  const header = tokenRequest({ ...OAUTH, scope: 'write all' }, 's%');
  expect(header.headers['authorization']).toBe(`Basic ${Buffer.from('a%3Ab+c:s%25').toString('base64')}`);
  expect(header.body).toBe('grant_type=client_credentials&scope=write+all');

  const body = tokenRequest({ ...OAUTH, credentials: 'body', audience: 'x' }, 's%');
  expect(body.headers).not.toHaveProperty('authorization');
  expect(body.body).toBe('grant_type=client_credentials&audience=x&client_id=a%3Ab+c&client_secret=s%25');
});

test('a token is used until shortly before its end', () => {
  expect(readToken(200, '{"access_token":"t","token_type":"bearer","expires_in":3600}')).toEqual({
    text: 't',
    lifeMs: 3_540_000,
  });
  expect(readToken(200, '{"access_token":"t","expires_in":"10"}').lifeMs).toBe(5000);
  expect(readToken(200, '{"access_token":"t"}').lifeMs).toBe(3_540_000);
});

test.each([
  [400, '{"error":"invalid_scope","error_description":"no"}', 'answered 400: invalid_scope: no', false],
  [401, '<html>', 'answered 401', false],
  [429, '', 'answered 429', true],
  [503, '', 'answered 503', true],
  [200, '{"access_token":"t","token_type":"mac"}', 'without an access_token of type Bearer', false],
  [200, '{"access_token":"t\\r\\nx: y"}', 'without an access_token of type Bearer', false],
])('no token came: %i %s', (status, text, message, passing) => {
  const refused = (() => {
    try {
      return readToken(status, text);
    } catch (error) {
      return error;
    }
  })();
  expect(refused).toBeInstanceOf(TokenRefused);
  expect(refused).toMatchObject({ message: expect.stringContaining(message), passing });
});

test('what was told in confidence is not kept when a server repeats it', () => {
  const secrets = secretTexts({ kind: 'basic', user: 'u' }, 'p w/');
  const told = `"p w/", "p%20w%2F", ${Buffer.from('u:p w/').toString('base64')}`;

  expect(withoutSecrets(told, secrets)).toBe('"***", "***", ***');
  expect(withoutSecrets('ab abc', ['ab', 'abc'])).toBe('*** ***');
});

test.each<[HttpAuth, string]>([
  [{ kind: 'basic', user: 'a:b' }, 'T: auth.basic.user: received "a:b"'],
  [{ kind: 'api-key', in: 'header', name: 'Content-Length' }, 'T: auth.apiKey.header: received "Content-Length"'],
  [{ kind: 'api-key', in: 'header', name: 'x y' }, 'T: auth.apiKey.header: received "x y"'],
  [{ kind: 'api-key', in: 'query', name: '' }, 'T: auth.apiKey.query: received ""'],
  [{ ...OAUTH, clientId: 'ä' }, 'T: auth.oauth2.clientId: received "ä"'],
])('what no server can understand is refused: %j', (auth, message) => {
  expect(() => checkHttpAuth(auth, 'T: auth')).toThrow(message);
});
