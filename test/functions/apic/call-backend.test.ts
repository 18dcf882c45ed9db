import './task-root.ts';
import type { IncomingMessage } from 'node:http';
import { expect, test } from '@jest/globals';
import type { HttpBackend } from '../../../core/apic/http-backend.ts';
import { Refusal } from '../../../core/errors.ts';
import { type BackendPorts, httpApiHandler } from '../../../functions/apic/call-backend.ts';
import { AddressRefused } from '../../../functions/shared/address-guard.ts';
import { type GuardedRequest, HttpFailed } from '../../../functions/shared/guarded-exchange.ts';
import { logLines } from '../shared/log-lines.ts';
import { context, type GatewayRequest, proxyEvent } from './gateway.ts';

const log = logLines();
const VERDICT = {
  ...{ verdict: 'allow', requestId: '56b2c6ae4a49f44b88670201eade9e05', api: 'item', app: 'City', bodySha256: '' },
};
const BACKEND: HttpBackend = {
  ...{
    kind: 'http',
    address: { value: 'https://shop.test/v1' },
    method: 'GET',
    path: '/items',
    timeoutMs: 5000,
    retries: 0,
  },
  parameters: [],
};

type Outcome = number | Error;

/** A call whose backend does one after the other of these. */
async function call(
  backend: Partial<HttpBackend>,
  outcomes: readonly Outcome[],
  ports: Partial<BackendPorts> = {},
  request: Partial<GatewayRequest> = {},
  remainingMs = 29_000,
) {
  const asked: (GuardedRequest & { readonly timeMs: number; readonly keep: boolean | undefined })[] = [];
  const handler = httpApiHandler(
    {
      apis: [
        {
          ...{ name: 'item', app: 'City', method: 'ANY', path: '/items', auth: 'none', appCode: false, parameters: [] },
          backend: { ...BACKEND, ...backend },
        },
      ],
    },
    {
      async exchange(one, { timeMs, keep }) {
        const outcome = outcomes[asked.length] ?? 200;
        asked.push({ ...one, timeMs, keep });
        if (outcome instanceof Error) {
          throw outcome;
        }

        return {
          response: { statusCode: outcome, rawHeaders: ['content-type', 'text/plain'] } as IncomingMessage,
          body: Buffer.from('answer'),
        };
      },
      key: async () => ({ key: 'Key.1', secret: 'secret' }),
      pause: async () => undefined,
      environment: {},
      ...ports,
    },
  );
  const answer = await handler(proxyEvent({ target: '/items', ...request }, VERDICT), context(remainingMs));

  return {
    ...answer,
    code: answer.statusCode >= 400 && answer.body.startsWith('{') ? JSON.parse(answer.body).error_code : undefined,
    asked,
  };
}

const unsent = new HttpFailed('unreachable', false, 'refused');
const lost = new HttpFailed('unreachable', true, 'reset');
const late = new HttpFailed('late', true, 'late');

test('the answer of the backend is the answer', async () => {
  expect(await call({}, [201])).toMatchObject({
    statusCode: 201,
    body: 'answer',
    headers: { 'Content-Type': 'text/plain', 'X-Request-Id': expect.stringMatching(/^[0-9a-f]{32}$/) },
    asked: [{ url: new URL('https://shop.test/v1/items'), timeMs: 5000 }],
  });
});

test('what goes wrong has the status of the reference', async () => {
  const cases: readonly [Error, number, string][] = [
    [unsent, 502, 'APIC.0202'],
    [new HttpFailed('too-large', true, 'large'), 502, 'APIC.0202'],
    [late, 504, 'APIC.0203'],
    [new HttpFailed('no-host', false, 'no host'), 500, 'APIC.0605'],
    [new AddressRefused('inside'), 403, 'APIC.0404'],
    [new RangeError('a mistake of ours'), 500, 'APIC.0601'],
  ];
  for (const [error, statusCode, code] of cases) {
    expect(await call({}, [error])).toMatchObject({ statusCode, code });
  }
});

test('what can be repeated is, as often as it is said', async () => {
  expect(await call({ retries: 2 }, [lost, 503])).toMatchObject({ statusCode: 200, asked: [{}, {}, {}] });
  expect(await call({ retries: 1 }, [late, late])).toMatchObject({ statusCode: 504, asked: [{}, {}] });
  expect(await call({ retries: 1 }, [504, 502])).toMatchObject({ statusCode: 502, asked: [{}, {}] });
  expect(await call({ retries: 3 }, [500])).toMatchObject({ statusCode: 500, asked: [{}] });
  expect(await call({}, [503])).toMatchObject({ statusCode: 503, asked: [{}] });
  expect(log.all().filter(({ message }) => message === 'the backend is asked again')).toHaveLength(4);
});

test('what does something anew each time is sent again only if it never left, over a connection of its own', async () => {
  const post = { method: 'POST', retries: 2 } as const;

  expect(await call(post, [unsent])).toMatchObject({ statusCode: 200, asked: [{ keep: false }, {}] });
  expect((await call(post, [lost])).asked).toHaveLength(1);
  expect((await call(post, [503])).asked).toHaveLength(1);
  expect((await call({}, [])).asked).toMatchObject([{ keep: true }]);
});

test('an attempt has no more time than the call, and there is none without', async () => {
  const { asked } = await call({ retries: 5, timeoutMs: 5000 }, [lost], {}, {}, 2000);

  expect(asked).toMatchObject([{ timeMs: 1200 }]);
});

test('a bound API signs each attempt, and without its key nothing is sent', async () => {
  const { asked } = await call({ signatureKey: 'Key', retries: 1 }, [503]);
  expect(asked.map(({ headers }) => headers['Authorization'])).toEqual([
    expect.stringContaining('Access=Key.1, SignedHeaders=host;x-request-id;x-sdk-content-sha256;x-sdk-date'),
    expect.stringContaining('Access=Key.1'),
  ]);

  const key = async () => {
    throw new Refusal('APIC.0705');
  };
  expect(await call({ signatureKey: 'Key' }, [], { key })).toMatchObject({
    statusCode: 500,
    code: 'APIC.0705',
    asked: [],
  });
});

test('an address of the environment must be a URL of HTTP', async () => {
  const address = { environment: 'BACKEND_URL_0' };

  expect(await call({ address }, [], { environment: { BACKEND_URL_0: 'http://later.test/' } })).toMatchObject({
    asked: [{ url: new URL('http://later.test/items') }],
  });
  expect(await call({ address }, [], { environment: { BACKEND_URL_0: 'ftp://later.test' } })).toMatchObject({
    ...{ statusCode: 500, code: 'APIC.0601', asked: [] },
  });
  expect(await call({ address }, [])).toMatchObject({ statusCode: 500, asked: [] });
});

test('an API that has no backend here is a broken deployment', async () => {
  const handler = httpApiHandler({ apis: [] }, {} as BackendPorts);

  expect((await handler(proxyEvent({ target: '/items' }, VERDICT), context())).statusCode).toBe(500);
});
