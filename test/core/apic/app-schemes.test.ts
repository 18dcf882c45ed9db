import { expect, test } from '@jest/globals';
import type { AppScheme } from '../../../core/apic/api-definition.ts';
import {
  APP_SCHEMES,
  type Credential,
  readCredential,
  SCHEME_HEADERS,
  sameSecret,
  schemesOf,
} from '../../../core/apic/app-schemes.ts';
import { createAppToken } from '../../../core/apic/app-token.ts';
import type { Pairs } from '../../../core/apic/canonical-request.ts';
import { CREDENTIAL, NOW } from './raw-request.ts';

const { key, secret } = CREDENTIAL;
const AT = String(NOW.getTime());
const base64 = (text: string) => Buffer.from(text).toString('base64');

function read(
  headers: Readonly<Record<string, string>> | Pairs,
  schemes: readonly AppScheme[] = APP_SCHEMES,
): Credential {
  const pairs = Array.isArray(headers) ? (headers as Pairs) : Object.entries(headers);

  return readCredential({ method: 'GET', path: '/', query: [], headers: pairs }, { appCode: false, schemes }, NOW);
}

/** What is shown, and whether the secret makes it true. */
function shown(credential: Credential): string {
  switch (credential.kind) {
    case 'proof':
      return `${credential.scheme} ${credential.key} ${credential.proof(secret)}`;
    case 'code':
      return `code ${credential.code}`;
    case 'key':
      return `key ${credential.key}`;
    case 'unfit':
      return credential.reason;
    default:
      return credential.kind;
  }
}

const SHOWN: readonly [AppScheme, Readonly<Record<string, string>>, string][] = [
  ['signature', { Authorization: 'SDK-HMAC-SHA256 Access=k' }, 'signature'],
  ['basic', { Authorization: `Basic ${base64(`${key}:${secret}`)}` }, `basic ${key} true`],
  ['jwt', { Authorization: createAppToken(key, secret, AT), Timestamp: AT }, `jwt ${key} true`],
  ['jwt', { Authorization: `Bearer ${createAppToken(key, secret, AT)}`, Timestamp: AT }, `jwt ${key} true`],
  ['secret', { 'X-HW-ID': key, 'X-HW-AppKey': secret }, `secret ${key} true`],
  ['appCode', { 'x-apig-APPCODE': 'Code' }, 'code Code'],
  ['apikey', { apikey: key }, `key ${key}`],
];

test.each(SHOWN)('%s is read from %j', (scheme, headers, expected) => {
  expect(shown(read(headers))).toBe(expected);
  expect(shown(read(headers, [scheme]))).toBe(expected);
});

test.each(SHOWN)('%s is not read where it is not accepted: %j', (scheme, headers) => {
  const { kind } = read(
    headers,
    APP_SCHEMES.filter((other) => other !== scheme),
  );

  expect(kind).toBe('unfit');
});

test('the headers of each are those it is read from', () => {
  for (const [scheme, headers] of SHOWN) {
    const known = SCHEME_HEADERS[scheme].map((name) => name.toLowerCase());

    expect(known).toEqual(expect.arrayContaining(Object.keys(headers).map((name) => name.toLowerCase())));
  }
});

test.each([
  ['basic', { Authorization: `Basic ${base64(`${key}:${secret}x`)}` }, `basic ${key} false`],
  ['basic, colons belong to the secret', { Authorization: `Basic ${base64(`${key}:a:b`)}` }, `basic ${key} false`],
  ['basic without a colon', { Authorization: `Basic ${base64(key)}` }, 'the Basic credentials hold no colon'],
  ['secret', { 'X-HW-ID': key, 'X-HW-AppKey': '' }, `secret ${key} false`],
  ['secret without a key', { 'X-HW-AppKey': secret }, 'the call brings no credentials'],
  ['jwt of another time', { Authorization: createAppToken(key, secret, AT), Timestamp: '1' }, 'not that of the header'],
])('what is wrong proves nothing: %s', (_, headers, expected) => {
  expect(shown(read(headers))).toContain(expected);
});

test.each([
  [
    [
      ['X-Apig-AppCode', 'a'],
      ['x-apig-appcode', 'b'],
    ],
  ],
  [
    [
      ['apikey', 'a'],
      ['ApiKey', 'b'],
    ],
  ],
  [
    [
      ['X-HW-ID', 'a'],
      ['X-HW-ID', 'b'],
      ['X-HW-AppKey', secret],
    ],
  ],
  [
    [
      ['Authorization', `Basic ${base64('a:b')}`],
      ['Authorization', 'x'],
    ],
  ],
  [
    [
      ['Authorization', 'x'],
      ['Timestamp', AT],
      ['Timestamp', AT],
    ],
  ],
])('two of a kind are refused: %j', (headers) => {
  expect(read(headers as unknown as Pairs)).toMatchObject({
    kind: 'unfit',
    reason: expect.stringContaining('several'),
  });
});

test('a bad signature is not saved by anything beside it, also where signatures are not accepted', () => {
  const both = { Authorization: 'SDK-HMAC-SHA256 x', 'X-Apig-AppCode': 'Code' };

  expect(read(both).kind).toBe('signature');
  expect(read(both, ['appCode']).kind).toBe('unfit');
});

test('an Authorization of another scheme is the backend’s', () => {
  expect(shown(read({ Authorization: 'Bearer x', 'X-Apig-AppCode': 'Code' }, ['appCode']))).toBe('code Code');
});

test('signatures are what an API takes that says nothing', () => {
  expect(schemesOf({ appCode: false })).toEqual(['signature']);
  expect(schemesOf({ appCode: true })).toEqual(['signature', 'appCode']);
  expect(schemesOf({ appCode: false, schemes: ['basic'] })).toEqual(['basic']);
});

test('secrets are compared whole', () => {
  expect(sameSecret('a', 'a')).toBe(true);
  for (const [one, other] of [
    ['a', 'b'],
    ['', 'a'],
    ['a', 'a '],
    ['é', 'e\u0301'],
  ] as const) {
    expect(sameSecret(one, other)).toBe(false);
  }
});
