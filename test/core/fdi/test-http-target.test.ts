import { expect, test } from '@jest/globals';
import type { OutgoingAnswer, OutgoingRequest } from '../../../core/fdi/run-http-send.ts';
import type { HttpTarget } from '../../../core/fdi/run-http-target.ts';
import { apiProblem } from '../../../core/fdi/service-problem.ts';
import { testHttpTarget } from '../../../core/fdi/test-http-target.ts';

const TARGET: HttpTarget = {
  ...{
    kind: 'http',
    place: 'erp.example.com/api',
    method: 'PUT',
    path: '/orders/{Id}?by=us',
    headers: { 'X-Tenant': 'a' },
  },
  ...{ auth: { kind: 'none' }, hasBody: true, success: [[200, 299]], timeoutSeconds: 30 },
};

async function tested(answer: number | OutgoingAnswer, target: HttpTarget = TARGET) {
  const asked: OutgoingRequest[] = [];
  const checks = await testHttpTarget(
    target,
    {
      async ask(request) {
        asked.push(request);

        return typeof answer === 'number' ? { status: answer, headers: {}, text: 'what it says' } : answer;
      },
      pause: async () => undefined,
    },
    { now: () => 0, problemOf: apiProblem },
  );

  return { asked, checks };
}

test('an API is asked what any may be asked, before the first name of the mapping; the right to write is said to be not proved', async () => {
  const { asked, checks } = await tested(204);

  expect(asked).toEqual([
    { method: 'OPTIONS', path: '/orders', headers: { accept: 'application/json', 'x-tenant': 'a' } },
  ]);
  expect(checks).toMatchObject([
    { what: 'answers OPTIONS erp.example.com/api/orders', ok: true },
    { what: 'takes PUT', ok: true, unproved: expect.stringContaining('http.test') },
  ]);
});

test.each([403, 404, 405, 500, 501])('an API that is not asked such things (%i) is there', async (status) => {
  expect((await tested(status)).checks.every(({ ok }) => ok)).toBe(true);
});

test.each([
  [401, 'login', /^it does not accept the login: OPTIONS .* answered 401\. It said: what it says$/],
  [503, 'unavailable', /^it cannot answer now: /],
])('one that answers %i would take nothing', async (status, kind, problem) => {
  expect((await tested(status)).checks).toMatchObject([{ ok: false, kind, problem: expect.stringMatching(problem) }]);
});

test('what breaks on the way is tried again, and said', async () => {
  const { asked, checks } = await tested({
    problem: 'erp.example.com cannot be reached: connect ECONNREFUSED',
    kind: 'passing',
  });

  expect(asked).toHaveLength(3);
  expect(checks).toMatchObject([{ ok: false, kind: 'network', problem: expect.stringContaining('nobody listens') }]);
});

test('a request that the task declares proves the right to write, or says why not', async () => {
  const target = {
    ...TARGET,
    test: { method: 'POST', path: '/orders?dryRun=1', body: '{}', success: [[200, 200]] },
  } as const;
  const { asked, checks } = await tested(200, target);

  expect(asked).toMatchObject([{ method: 'POST', path: '/orders?dryRun=1', body: '{}' }]);
  expect(checks).toEqual([expect.objectContaining({ what: 'answers POST erp.example.com/api/orders', ok: true })]);
  expect((await tested(403, target)).checks).toMatchObject([{ ok: false, kind: 'rights' }]);
  expect((await tested(200, { ...target, test: { ...target.test, method: 'GET' } })).checks.at(-1)).toMatchObject({
    ...{
      what: 'takes PUT',
      ok: true,
      unproved: 'GET writes nothing; a test of `http.test` that writes would prove it',
    },
  });
});
