import './task-root.ts';
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import type { ApiDefinition } from '../../../core/apic/api-definition.ts';
import { type ApiFunction, CallRefused } from '../../../core/apic/api-function.ts';
import { functionApiHandler } from '../../../functions/apic/run-function.ts';
import type { Database } from '../../../functions/shared/database.ts';
import { logLines } from '../shared/log-lines.ts';
import { context, type GatewayRequest, proxyEvent } from './gateway.ts';

const log = logLines();
const ORDER: ApiDefinition = {
  name: 'order',
  app: 'Shop',
  method: 'POST',
  path: '/orders/{id}',
  auth: 'app',
  appCode: false,
  parameters: [
    { name: 'id', in: 'path', type: 'integer', required: true },
    { name: 'paid', in: 'query', type: 'boolean', required: false },
    { name: 'note', in: 'body', type: 'string', required: false, default: 'none' },
  ],
  backend: { kind: 'function' },
};
const VERDICT = { verdict: 'allow', requestId: 'a'.repeat(32), api: 'order', app: 'City', bodySha256: '' };
const CALL: GatewayRequest = {
  method: 'POST',
  target: '/orders/17?paid=true&tag=a&tag=b',
  resource: '/orders/{id}',
  pathParameters: { id: '17' },
  headers: { 'Content-Type': 'application/json', 'X-Trace': 't1' },
  body: '{"note":"é","more":[1]}',
};

/** Answers two rows changed and one read, or fails; notes what it is asked. */
function fakeDatabase(fail?: Error) {
  const asked: unknown[] = [];
  const database: Database = {
    async execute(sql, parameters = [], options = {}) {
      asked.push([sql, parameters.map(({ value }) => value), options.transactionId]);
      if (fail !== undefined) {
        throw fail;
      }

      return { updated: 2, rows: [{ Id: 1 }], records: [], columns: [] };
    },
    async begin() {
      asked.push('begin');

      return 't1';
    },
    async commit(id) {
      asked.push(`commit ${id}`);
    },
    async rollback(id) {
      asked.push(`rollback ${id}`);
    },
  };

  return { asked, database: () => database };
}

async function call(
  run: ApiFunction<never>,
  { fail, request = CALL }: { fail?: Error; request?: GatewayRequest } = {},
) {
  const { asked, database } = fakeDatabase(fail);
  const values = async () => ({ variables: { city: 'Zürich' }, secrets: { token: 's3cret' }, sources: {} });
  const handler = functionApiHandler({ apis: [ORDER] }, run, { database, values });
  const { statusCode, body, headers } = await handler(proxyEvent(request, VERDICT), context(9000));

  return { status: statusCode, body, headers, asked };
}

test('a function gets the call checked and typed, and everything raw beside it', async () => {
  const { status, body } = await call(({ bytes, ...request }, { requestId, app, authorizer, variables, secrets }) => [
    request,
    Buffer.from(bytes).toString(),
    { requestId, app, authorizer, variables, secrets },
  ]);

  expect(status).toBe(200);
  expect(JSON.parse(body)).toEqual([
    {
      method: 'POST',
      path: '/orders/17',
      parameters: { id: 17, paid: true, note: 'é' },
      query: { paid: 'true', tag: ['a', 'b'] },
      headers: { 'content-type': 'application/json', 'x-trace': 't1' },
      body: { note: 'é', more: [1] },
    },
    CALL.body,
    {
      requestId: 'a'.repeat(32),
      app: 'City',
      authorizer: {},
      variables: { city: 'Zürich' },
      secrets: { token: 's3cret' },
    },
  ]);
});

test('a parameter that is not as declared is refused before the function runs', async () => {
  let ran = false;
  const { status, body } = await call(
    () => {
      ran = true;
    },
    { request: { ...CALL, target: '/orders/seventeen', pathParameters: { id: 'seventeen' } } },
  );

  expect([status, body.slice(0, 30), ran]).toEqual([400, '{"error_msg":"Orchestration er', false]);
});

test('values of statements are bound, in a tagged template as in a text', async () => {
  const { asked, body } = await call(async ({ parameters }, { database }) => {
    const { id } = parameters as { id: number };

    return [
      await database.query`SELECT * FROM Orders WHERE Id = ${id} AND State IN (${['a', 'b']})`,
      await database.execute('UPDATE Orders SET Note = ? WHERE Id = ?', ["'; --", id]),
    ];
  });

  expect(asked).toEqual([
    [
      'SELECT * FROM Orders WHERE Id = :p0 AND State IN (:p1, :p2)',
      [{ longValue: 17 }, { stringValue: 'a' }, { stringValue: 'b' }],
      undefined,
    ],
    ['UPDATE Orders SET Note = :p0 WHERE Id = :p1', [{ stringValue: "'; --" }, { longValue: 17 }], undefined],
  ]);
  expect(JSON.parse(body)).toEqual([[{ Id: 1 }], 2]);
});

test('a transaction is committed once, and taken back by what its work throws', async () => {
  const { asked } = await call(async (_request, { database }) => {
    await database.transaction((statements) => statements.execute('DELETE FROM A'));
    await database
      .transaction(async (statements) => {
        await statements.execute('DELETE FROM B');
        throw new CallRefused(409, 'no');
      })
      .catch(() => undefined);
  });

  expect(asked).toEqual([
    'begin',
    ['DELETE FROM A', [], 't1'],
    'commit t1',
    'begin',
    ['DELETE FROM B', [], 't1'],
    'rollback t1',
  ]);
});

describe('a call that is over', () => {
  beforeEach(() => {
    jest.useFakeTimers();
  });
  afterEach(() => {
    jest.useRealTimers();
  });

  test('by its time is answered 504, and its open transaction is taken back', async () => {
    const answer = call((_request, { database, signal }) =>
      database.transaction(async (statements) => {
        await statements.execute('DELETE FROM A');
        await new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
      }),
    );
    await jest.advanceTimersByTimeAsync(9000);
    const { status, body, asked } = await answer;

    expect([status, JSON.parse(body).error_code]).toEqual([504, 'APIC.0203']);
    expect(asked).toEqual(['begin', ['DELETE FROM A', [], 't1'], 'rollback t1']);
  });

  test('is told so a little before, in time to answer with what it has', async () => {
    const answer = call(async (_request, { signal }) => {
      await new Promise((over) => signal.addEventListener('abort', over));

      return 'the half of it';
    });
    await jest.advanceTimersByTimeAsync(9000);

    expect(await answer).toMatchObject({ status: 200, body: 'the half of it' });
  });

  test('is answered 504 also where the function does not care', async () => {
    const answer = call((_request, { database }) => database.transaction(() => new Promise(() => undefined)));
    await jest.advanceTimersByTimeAsync(9000);
    const { status, asked } = await answer;

    expect([status, asked]).toEqual([504, ['begin', 'rollback t1']]);
  });

  test('runs no statement any more: what was forgotten is in the log, and in nobody else’s call', async () => {
    const { promise: later, resolve } = Promise.withResolvers<void>();
    const { status, asked } = await call((_request, { database }) => {
      void later.then(() => database.execute`DELETE FROM A`);

      return 'done';
    });
    resolve();
    await jest.advanceTimersByTimeAsync(1);

    expect([status, asked]).toEqual([200, []]);
    expect(log.text()).toContain('did not run: await what the function does');
  });
});

test('what the function refuses a call with reaches its caller, with the request id', async () => {
  const { status, body, headers } = await call(() => {
    throw new CallRefused(404, 'There is no order 17.', { cause: 'the details' });
  });

  expect(status).toBe(404);
  expect(body).toBe(
    `{"error_msg":"There is no order 17.","error_code":"FUNCTION.0404","request_id":"${'a'.repeat(32)}"}`,
  );
  expect(headers?.['X-Request-Id']).toBe('a'.repeat(32));
  expect(log.text()).toContain('the details');
});

test.each([
  ['an error', new TypeError('password=hunter2'), 'hunter2'],
  ['a text', 'password=hunter2', 'hunter2'],
  ['nothing', undefined, 'undefined'],
])('%s thrown is 500 and tells the caller nothing; the log has it', async (_name, thrown, logged) => {
  const { status, body } = await call(() => {
    throw thrown;
  });

  expect(status).toBe(500);
  expect(JSON.parse(body)).toEqual({
    error_msg: 'Internal server error.',
    error_code: 'APIC.0601',
    request_id: 'a'.repeat(32),
  });
  expect(log.text()).toContain(logged);
});

test.each([
  ['DatabaseErrorException', 500, 'APIC.0601'],
  ['DatabaseUnavailableException', 502, 'APIC.0202'],
])('a statement that failed with %s is %d for the caller', async (name, status, code) => {
  const fail = Object.assign(new Error("You have an error near 'secret'"), { name });
  const answer = await call((_request, { database }) => database.query`SELECT 1`, { fail });

  expect([answer.status, JSON.parse(answer.body).error_code]).toEqual([status, code]);
  expect(answer.body).not.toContain('secret');
  expect(log.text()).toContain("near 'secret'");
});

test('a function may look at what the database said', async () => {
  const fail = Object.assign(new Error('Duplicate entry'), { name: 'DatabaseErrorException' });
  const { body } = await call(
    (_request, { database }) => database.execute`INSERT INTO A VALUES (1)`.catch((error: Error) => error.message),
    { fail },
  );

  expect(body).toBe('Duplicate entry');
});

test('another API than its own is none it has', async () => {
  const mock = { ...ORDER, backend: { kind: 'mock', status: 200, body: '', headers: {} } } as const;
  const { database } = fakeDatabase();
  const handler = functionApiHandler({ apis: [mock] }, () => 1, {
    database,
    values: async () => ({ variables: {}, secrets: {}, sources: {} }),
  });
  const { statusCode, body } = await handler(proxyEvent(CALL, VERDICT), context());

  expect([statusCode, JSON.parse(body).error_code]).toEqual([500, 'APIC.0103']);
});

test.each<[number, string | undefined]>([
  [500, undefined],
  [399, undefined],
  [404, 'APIC.0303'],
  [404, 'with space'],
])('CallRefused takes no status %d with code %s', (status, code) => {
  expect(() => new CallRefused(status, 'x', code === undefined ? {} : { code })).toThrow('CallRefused');
});
