import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { ApiModel } from '../../../local/gateway/api-model.ts';
import { Authorizers } from '../../../local/gateway/authorizer.ts';
import type { GatewayAuthorizer, IdentitySource } from '../../../local/gateway/gateway-part.ts';
import type { GatewayRequest } from '../../../local/gateway/gateway-request.ts';
import type { Route } from '../../../local/gateway/route-tree.ts';
import { verdict } from './gateway-fixture.ts';

const SOURCES: readonly IdentitySource[] = [
  { from: 'header', name: 'X-Token' },
  { from: 'querystring', name: 'X-Token' },
  { from: 'context', name: 'httpMethod' },
  { from: 'context', name: 'path' },
];
const API = new ApiModel('api');
const ROUTE = { resourcePath: '/free', pathParameters: {}, method: {} } as unknown as Route;

interface Caller {
  readonly header: string;
  readonly query: string;
  readonly method: string;
  readonly path: string;
  /** As its name is written this time. */
  readonly name?: string;
}

function requestOf({ header, query, method, path, name = 'X-Token' }: Caller): GatewayRequest {
  return {
    ...{ api: API, httpMethod: method, path, fullPath: `/Parking${path}`, host: 'localhost', sourceIp: '127.0.0.1' },
    stage: { name: 'RELEASE', variables: {} },
    receivedAt: 0,
    headers: [[name, header]],
    query: [['X-Token', query]],
  } as unknown as GatewayRequest;
}

/** An authorizer that answers when told to, and says in its context whom it was asked about. */
function startCache(ttlSeconds = 60) {
  const clock = { now: 1_700_000_000_000 };
  const asked: { answer(effect?: 'Allow' | 'Deny'): void; fail(): void }[] = [];
  const lambda = {
    invoke(_target: string, event: unknown) {
      const { promise, resolve } = Promise.withResolvers<{ payload: unknown; functionError?: string }>();
      const { headers, queryStringParameters: query, methodArn } = event as Record<string, Record<string, string>>;
      const whom = JSON.stringify([Object.values(headers ?? {}), query, methodArn]);
      asked.push({
        answer: (effect) =>
          resolve({ payload: verdict(event as { methodArn: string }, effect, { whom, number: asked.length }) }),
        fail: () => resolve({ payload: { errorMessage: 'broken' }, functionError: 'Unhandled' }),
      });

      return promise;
    },
  };
  const authorizers = new Authorizers(lambda as never, () => clock.now);
  const authorizer: GatewayAuthorizer = {
    ...{ kind: 'authorizer', restApiId: 'api', id: 'auth', name: 'auth', functionArn: 'arn' },
    ...{ identitySources: SOURCES, ttlSeconds },
  };
  const call = (caller: Caller, by = authorizer) =>
    authorizers.authorize(by, requestOf(caller), ROUTE).then(
      (context) => context['whom'] as string,
      (fault: { type: string }) => fault.type,
    );

  return { clock, asked, call, authorizer };
}

const whomOf = ({ header, query, method, path }: Caller) =>
  JSON.stringify([
    [header],
    { 'X-Token': query },
    `arn:aws:execute-api:us-east-1:000000000000:api/RELEASE/${method}${path}`,
  ]);
const settled = () => new Promise((resolve) => setImmediate(resolve));

const ME: Caller = { header: 'me', query: 'q', method: 'GET', path: '/a' };

/** Values that become one another when they are put together carelessly. */
const part = fc
  .array(fc.constantFrom('a', 'b', ',', '"'), { minLength: 1, maxLength: 3 })
  .map((parts) => parts.join(''));
const caller = fc.record({
  header: part,
  query: part,
  method: fc.constantFrom('GET', 'POST'),
  path: fc.constantFrom('/a', '/b', '/a/b'),
  name: fc.constantFrom('X-Token', 'x-token', 'X-TOKEN'),
});

test('whatever the order of calls and answers, no decision reaches another caller, method or path', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(caller, fc.boolean(), fc.nat(30)), { minLength: 2, maxLength: 30 }),
      async (steps) => {
        const { asked, call, clock } = startCache(10);
        const answers: Promise<void>[] = [];
        for (const [one, late, seconds] of steps) {
          const result = call(one);
          answers.push(result.then((whom) => expect(whom).toBe(whomOf(one))));
          clock.now += seconds * 1000;
          // The latest question is answered at once or after all others.
          if (!late) asked.at(-1)?.answer();
          await settled();
        }
        for (const question of asked.toReversed()) question.answer();
        await Promise.all(answers);
      },
    ),
    { numRuns: 200 },
  );
});

test.each<[string, Caller, Caller]>([
  ['"a" and "bc", "ab" and "c"', { ...ME, header: 'a', query: 'bc' }, { ...ME, header: 'ab', query: 'c' }],
  ['a comma on either side', { ...ME, header: 'a,b', query: 'c' }, { ...ME, header: 'a', query: 'b,c' }],
  ['what JSON would put between', { ...ME, header: 'a","b', query: 'c' }, { ...ME, header: 'a', query: 'b","c' }],
  ['header and query exchanged', { ...ME, header: 'a', query: 'b' }, { ...ME, header: 'b', query: 'a' }],
  ['upper and lower case', { ...ME, header: 'a' }, { ...ME, header: 'A' }],
  ['a space behind', { ...ME, query: 'a' }, { ...ME, query: 'a ' }],
  ['another method', ME, { ...ME, method: 'POST' }],
  ['another path', ME, { ...ME, path: '/b' }],
  ['the path in the value', { ...ME, query: 'q', path: '/a/b' }, { ...ME, query: 'q/a', path: '/b' }],
])('%s: two identities', async (_, first, second) => {
  const { asked, call } = startCache();
  const one = call(first);
  asked[0]?.answer();
  await one;
  const other = call(second);

  expect(asked).toHaveLength(2);
  asked[1]?.answer('Deny');
  expect(await other).toBe('ACCESS_DENIED');
  expect(await call(first)).toBe(whomOf(first));
  expect(asked).toHaveLength(2);
});

test.each([
  { header: '', query: 'q' },
  { header: 'me', query: '' },
])('an identity source that is empty is unauthorized though others are known: %j', async (values) => {
  const { asked, call } = startCache();

  expect(await call({ ...ME, ...values })).toBe('UNAUTHORIZED');
  expect(asked).toEqual([]);
});

test('names of headers are one in every case', async () => {
  const { asked, call } = startCache();
  const first = call({ ...ME, name: 'x-TOKEN' });
  asked[0]?.answer();
  await first;
  await call({ ...ME, name: 'X-Token' });

  expect(asked).toHaveLength(1);
});

test('a denial is kept as an allowance is; an answer that is none is not', async () => {
  const { asked, call } = startCache();
  const failed = call(ME);
  asked[0]?.fail();
  expect(await failed).toBe('AUTHORIZER_FAILURE');
  const denied = call(ME);
  asked[1]?.answer('Deny');

  expect([await denied, await call(ME)]).toEqual(['ACCESS_DENIED', 'ACCESS_DENIED']);
  expect(asked).toHaveLength(2);
});

test('an answer ends with its time, to the millisecond', async () => {
  const { asked, call, clock } = startCache(10);
  const first = call(ME);
  asked[0]?.answer();
  await first;
  clock.now += 9999;
  await call(ME);
  expect(asked).toHaveLength(1);

  clock.now += 1;
  void call(ME);
  expect(asked).toHaveLength(2);
});

test('an answer that comes late does not take the place of one to a later question, nor count for longer', async () => {
  const { asked, call, clock } = startCache(10);
  const slow = call(ME);
  clock.now += 1000;
  const quick = call(ME);
  asked[1]?.answer('Deny');
  expect(await quick).toBe('ACCESS_DENIED');
  asked[0]?.answer('Allow');
  expect(await slow).toBe(whomOf(ME));

  expect(await call(ME)).toBe('ACCESS_DENIED');
  clock.now += 10_000;
  const again = call(ME);
  clock.now += 11_000;
  asked[2]?.answer();
  await again;
  void call(ME);
  expect(asked).toHaveLength(4);
});

test('a changed authorizer begins anew', async () => {
  const { asked, call, authorizer } = startCache();
  const first = call(ME);
  asked[0]?.answer();
  await first;
  void call(ME, { ...authorizer });

  expect(asked).toHaveLength(2);
});

test('who makes up identities drives out the oldest, and fills no memory', async () => {
  const { asked, call } = startCache();
  for (let n = 0; n <= 10_000; n += 1) {
    const one = call({ ...ME, header: String(n) });
    asked[n]?.answer();
    await one;
  }
  await call({ ...ME, header: '10000' });
  expect(asked).toHaveLength(10_001);

  void call({ ...ME, header: '0' });
  expect(asked).toHaveLength(10_002);
});
