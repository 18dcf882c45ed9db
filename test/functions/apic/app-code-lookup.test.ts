import './task-root.ts';
import { beforeAll, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { ApiDefinition } from '../../../core/apic/api-definition.ts';
import { type Authorities, authorizeCall } from '../../../core/apic/authorize-call.ts';
import { sha256Hex } from '../../../core/apic/canonical-request.ts';
import { findApp, findAppOfCode } from '../../../functions/shared/app-items.ts';
import { awsEndpoint } from '../shared/aws-endpoint.ts';

/**
 * How long a refusal takes must not tell how much of an AppCode is right. Times are no matter of a test; this is: nothing but the code's hash
 * leaves the comparison-free path, and wrong codes ask the same things, however near they are.
 */
const aws = awsEndpoint();
const CODE = 'CityCode+of_32/characters=at$most';
const API: ApiDefinition = {
  ...{ name: 'free', app: 'Owner', method: 'GET', path: '/free', auth: 'app', appCode: true },
  ...{ parameters: [], backend: { kind: 'mock', status: 200, body: '', headers: {} } },
};
const AUTHORITIES: Authorities = {
  app: findApp,
  keyOfCode: async (hash) => (await findAppOfCode(hash))?.key,
  isGranted: async () => false,
  knowsSecret: async () => false,
  firstUse: async () => true,
};

beforeAll(() => {
  process.env['APP_TABLE'] = 'Apps';
});

/** What is asked of DynamoDB about a call with this code, and how the call ends. */
async function askedAbout(code: string) {
  aws.requests.length = 0;
  aws.reply = () => ({ body: {} });
  const headers = [['X-Apig-AppCode', code]] as const;
  const decision = await authorizeCall(
    { method: 'GET', path: '/free', query: [], headers },
    API,
    AUTHORITIES,
    new Date(0),
  );

  return { decision, bodies: aws.requests.map(({ body }) => body) };
}

const lookUp = (code: string) => ({
  TableName: 'Apps',
  Key: { pk: { S: `code#${sha256Hex(code)}` }, sk: { S: 'app' } },
  ConsistentRead: true,
});

/** The right code but for its end, its beginning or one character; and codes that have nothing of it. */
const wrong = fc
  .oneof(
    fc.nat(CODE.length - 1).map((length) => CODE.slice(0, length)),
    fc.nat(CODE.length - 1).map((at) => `${CODE.slice(0, at)}~${CODE.slice(at + 1)}`),
    fc.stringMatching(/^[A-Za-z0-9+_!@#$%/=]{1,64}$/),
  )
  .filter((code) => code !== CODE && code !== '');

test('of a code only its hash is looked up, once, and a wrong one ends there however much of it is right', async () => {
  await fc.assert(
    fc.asyncProperty(wrong, async (code) => {
      const { decision, bodies } = await askedAbout(code);

      expect(bodies).toEqual([lookUp(code)]);
      expect(decision).toEqual({
        outcome: 'deny',
        code: 'APIC.0303',
        app: '',
        reason: 'the AppCode is unknown',
        body: { kind: 'none' },
      });
    }),
    { numRuns: 100 },
  );
});

test('neither a code nor a part of it is in what is asked', async () => {
  const { bodies } = await askedAbout(CODE);
  const text = JSON.stringify(bodies);

  for (let at = 0; at + 8 <= CODE.length; at += 1) {
    expect(text).not.toContain(CODE.slice(at, at + 8));
  }
  expect(bodies).toEqual([lookUp(CODE)]);
});

test('a code that was seen before is read with its app, in one call; what is read counts, not what was known', async () => {
  const item = (fields: Record<string, string>) =>
    Object.fromEntries(Object.entries(fields).map(([name, text]) => [name, { S: text }])) as Record<
      string,
      { S: string }
    >;
  const code = item({ pk: `code#${sha256Hex('seen')}`, sk: 'app', app: 'City', key: 'CITY' });
  const app = { ...item({ pk: 'key#CITY', sk: 'app', app: 'City', key: 'CITY' }), enabled: { BOOL: true } };
  const gone = { pk: { S: 'key#CITY' } };
  const all = [code, app];
  let missing: unknown = {};
  aws.requests.length = 0;
  aws.reply = ({ operation, body }) => {
    if (operation === 'BatchGetItem') return { body: { Responses: { Apps: all }, UnprocessedKeys: missing } };

    return { body: { Item: all.find((one) => 'pk' in one && one.pk.S === body.Key.pk.S) } };
  };
  const find = async () => {
    const found = await findAppOfCode(sha256Hex('seen'));

    return [found, aws.requests.splice(0).map(({ operation }) => operation)];
  };
  const city = { key: 'CITY', app: expect.objectContaining({ app: 'City', enabled: true }) };

  expect(await find()).toEqual([city, ['GetItem', 'GetItem']]);
  expect(await find()).toEqual([city, ['BatchGetItem']]);
  missing = { Apps: { Keys: [gone] } };
  expect(await find()).toEqual([city, ['BatchGetItem', 'GetItem', 'GetItem']]);
  missing = {};
  all.splice(0, 1);
  expect(await find()).toEqual([undefined, ['BatchGetItem']]);
  expect(await find()).toEqual([undefined, ['GetItem']]);
});
