import { createHmac } from 'node:crypto';
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { createAppToken, readAppToken } from '../../../core/apic/app-token.ts';
import { CREDENTIAL, NOW } from './raw-request.ts';

const { key, secret } = CREDENTIAL;
const AT = String(NOW.getTime());

/** What a token of these parts is worth: who it names, or why it is refused. */
function worth(token: string, timestamp = AT, now = NOW, known = secret): string {
  const reading = readAppToken(token, timestamp, now);

  return 'reason' in reading ? reading.reason : `${reading.appId} ${reading.isSignedWith(known)}`;
}

/** A JWT by RFC 7519, written without our code. */
function token(claims: object, head: object = { alg: 'HS256', typ: 'JWT' }): string {
  const text = [head, claims].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.');

  return `${text}.${createHmac('sha256', secret).update(text).digest('base64url')}`;
}

test('a token names an app and proves that its secret is known', () => {
  expect(worth(createAppToken(key, secret, AT))).toBe(`${key} true`);
  expect(worth(token({ appId: key, timestamp: Number(AT) }))).toBe(`${key} true`);
  expect(worth(createAppToken(key, secret, AT), AT, NOW, `${secret}x`)).toBe(`${key} false`);
});

test('its timestamp is that of the header, in milliseconds or seconds', () => {
  const seconds = AT.slice(0, 10);

  expect(worth(createAppToken(key, secret, seconds), seconds)).toBe(`${key} true`);
  expect(worth(createAppToken(key, secret, AT), String(Number(AT) + 1))).toContain('not that of the header');
  expect(worth(createAppToken(key, secret, 'now'), 'now')).toContain('or no number');
});

test.each([
  [14 * 60 + 59, 'true'],
  [-(14 * 60 + 59), 'true'],
  [15 * 60 + 1, 'more than 15 minutes'],
  [-(15 * 60 + 1), 'more than 15 minutes'],
])('a clock %d seconds away: %s', (seconds, expected) => {
  const now = new Date(NOW.getTime() + seconds * 1000);

  expect(worth(createAppToken(key, secret, AT), AT, now)).toContain(expected);
});

test.each([
  ['no algorithm', token({ appId: key, timestamp: AT }, { alg: 'none' }), 'HS256'],
  ['another algorithm', token({ appId: key, timestamp: AT }, { alg: 'HS512' }), 'HS256'],
  ['no app', token({ timestamp: AT }), 'no appId'],
  ['no timestamp', token({ appId: key }), 'no appId, or its timestamp'],
  ['an end that has passed', token({ appId: key, timestamp: AT, exp: NOW.getTime() / 1000 - 1 }), 'expired'],
  ['an end that is no number', token({ appId: key, timestamp: AT, exp: 'never' }), 'expired'],
  ['no signature', token({ appId: key, timestamp: AT }).replace(/\.[^.]*$/, '.'), 'HS256'],
  [
    'claims that are no JSON',
    `${Buffer.from('{"alg":"HS256"}').toString('base64url')}.eA.${'a'.repeat(43)}`,
    'no appId',
  ],
])('%s is refused', (_, text, reason) => {
  expect(worth(text)).toContain(reason);
});

test('a token with any one character changed is not its', () => {
  const good = createAppToken(key, secret, AT);
  fc.assert(
    fc.property(fc.nat(good.length - 1), fc.integer({ min: 0x21, max: 0x7e }), (at, code) => {
      const changed = good.slice(0, at) + String.fromCharCode(code) + good.slice(at + 1);
      fc.pre(changed !== good);

      expect(worth(changed)).not.toContain('true');
    }),
    { numRuns: 500 },
  );
});
