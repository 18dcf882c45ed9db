import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Rejection } from '../../../core/fdi/rejection.ts';
import type { ScheduledTask } from '../../../core/fdi/run-definition.ts';
import { type OutgoingAnswer, type OutgoingRequest, sendRequest } from '../../../core/fdi/run-http-send.ts';
import { checkHttpTarget, type HttpTarget, httpOutlet } from '../../../core/fdi/run-http-target.ts';
import { type NotTaken, RowsRefused } from '../../../core/fdi/run-outlet.ts';
import type { SourceField } from '../../../core/fdi/run-ports.ts';

const TARGET: HttpTarget = {
  ...{ kind: 'http', place: 'erp.example.com', method: 'POST', path: '/orders', headers: {}, auth: { kind: 'none' } },
  ...{ hasBody: true, success: [[200, 299]], idempotencyHeader: 'Idempotency-Key', timeoutSeconds: 30 },
};
const FIELDS: readonly SourceField[] = [
  { name: 'Id', type: 'integer', path: ['Id'] },
  { name: 'Name', type: 'string', path: ['Name'] },
];
const OK: OutgoingAnswer = { status: 200, headers: {}, text: '' };

function taskOf(target: HttpTarget): ScheduledTask {
  return {
    ...{ name: 'Out', source: { kind: 'database', place: 'platform', table: 'Rows', timeZone: 'UTC' }, target },
    ...{ mapping: 'by-name', overlap: 'skip', after: [], pageSize: 100 },
  };
}

/** An API that answers as it is told to, then takes everything. */
function api(answers: OutgoingAnswer[]) {
  const asked: OutgoingRequest[] = [];
  const pauses: number[] = [];

  return {
    asked,
    pauses,
    ports: {
      async ask(request: OutgoingRequest) {
        asked.push(request);

        return answers.shift() ?? OK;
      },
      pause: async (ms: number) => void pauses.push(ms),
      random: () => 1,
      now: () => 0,
    },
  };
}

function status(code: number, text = '', headers: Record<string, string> = {}): OutgoingAnswer {
  return { status: code, headers, text };
}

async function send(target: Partial<HttpTarget>, answers: OutgoingAnswer[], count = 1) {
  const own = { ...TARGET, ...target };
  const { ports, asked, pauses } = api(answers);
  const outlet = httpOutlet(taskOf(own), own, ports);
  const { read } = outlet.plan(FIELDS, 'run-1');
  const rows = Array.from({ length: count }, (_, at) =>
    read({ value: { Id: at + 1, Name: `n ${at + 1}` }, position: `Id=${at + 1}` }),
  );
  const acknowledged: string[] = [];
  const error = await outlet
    .send(rows as Exclude<(typeof rows)[number], Rejection>[], {
      hold: async () => undefined,
      acknowledged: (row) => acknowledged.push(row.text),
    })
    .then(
      () => undefined,
      (reason: unknown) => reason,
    );

  return { asked, pauses, acknowledged, fault: (error as NotTaken | undefined)?.fault, error };
}

test('a record is the body of a request, or in its path, and always under one key', async () => {
  const first = await send({ path: '/orders/{Name}?id={Id}', method: 'PUT', headers: { 'X-A': 'b' } }, []);
  expect(first.asked).toEqual([
    {
      method: 'PUT',
      path: '/orders/n%201?id=1',
      headers: {
        ...{ accept: 'application/json', 'content-type': 'application/json', 'x-a': 'b' },
        'idempotency-key': expect.stringMatching(/^[0-9a-f]{32}$/),
      },
      body: '{"Id":1,"Name":"n 1"}',
    },
  ]);
  const again = await send({ path: '/orders/{Name}?id={Id}', method: 'PUT' }, []);
  expect(again.asked[0]?.headers['idempotency-key']).toBe(first.asked[0]?.headers['idempotency-key']);
  const bare = await send({ hasBody: false, method: 'DELETE', path: '/orders/{Id}' }, [status(204)]);
  expect(bare.asked).toEqual([expect.not.objectContaining({ body: expect.anything() })]);
});

test('records of a batch are a list, by itself or in an object', async () => {
  const { asked } = await send({ batch: { size: 2 } }, [], 3);
  expect(asked.map(({ body }) => body)).toEqual([
    '[{"Id":1,"Name":"n 1"},{"Id":2,"Name":"n 2"}]',
    '[{"Id":3,"Name":"n 3"}]',
  ]);
  expect(new Set(asked.map(({ headers }) => headers['idempotency-key'])).size).toBe(2);
  expect((await send({ batch: { size: 9, path: 'data.items' } }, [])).asked[0]?.body).toBe(
    '{"data":{"items":[{"Id":1,"Name":"n 1"}]}}',
  );
});

test.each([
  [
    status(400, 'no\n such "thing"'),
    'data',
    'POST erp.example.com/orders answered 400: it does not take what was sent. It said: no such "thing"',
  ],
  [status(422, 'x'.repeat(900)), 'data', `It said: ${'x'.repeat(500)}`],
  [status(401), 'lasting', 'what the secret of target.http.auth holds'],
  [status(403), 'lasting', 'its rights at the API'],
  [status(404), 'lasting', 'target.http.url and path'],
  [status(405), 'lasting', 'target.http.method'],
  [
    status(301, '', { location: 'https://new/' }),
    'lasting',
    'no redirect is followed: what is sent belongs to the declared address (https://new/)',
  ],
  [{ problem: 'may not be reached from here', kind: 'lasting' } as const, 'lasting', 'may not be reached'],
])('what ends a request is told with its reason: %#', async (answer, kind, message) => {
  const { fault, asked, pauses } = await send({}, [answer]);

  expect(fault).toMatchObject({ kind, message: expect.stringContaining(message) });
  expect({ asked: asked.length, pauses }).toEqual({ asked: 1, pauses: [] });
});

test('what passes is asked again, later and later, or when the API says', async () => {
  const some = await send({}, [
    status(503),
    { problem: 'reset', kind: 'passing' },
    status(429, '', { 'retry-after': '7' }),
  ]);
  expect(some).toMatchObject({ fault: undefined, pauses: [100, 400, 7000] });
  expect(some.acknowledged).toHaveLength(1);
  expect(new Set(some.asked.map(({ headers }) => headers['idempotency-key'])).size).toBe(1);

  const never = await send({}, Array(9).fill(status(500)));
  expect(never).toMatchObject({ fault: { kind: 'passing' }, pauses: [100, 400, 1600, 5000, 10_000] });
  const long = await send({}, [status(429, '', { 'retry-after': '120' })]);
  expect(long).toMatchObject({ fault: { kind: 'passing', waitMs: 120_000 }, pauses: [] });
});

test('one record that is not there is that record’s fault, where the path names it', async () => {
  const { error } = await send({ path: '/orders/{Id}', method: 'DELETE', hasBody: false }, [status(404)]);
  expect(error).toBeInstanceOf(RowsRefused);
  const done = await send(
    {
      path: '/orders/{Id}',
      success: [
        [200, 299],
        [404, 404],
      ],
    },
    [status(404)],
  );
  expect(done.error).toBeUndefined();
});

test.each([
  ['..', 'characters'],
  ['', 'characters'],
  [null, 'missing'],
])('%j in a path would lead elsewhere', (Name, code) => {
  const own = { ...TARGET, path: '/orders/{Name}/lines' };
  const { read } = httpOutlet(taskOf(own), own, api([]).ports).plan(FIELDS, 'run');

  expect(read({ value: { Id: 1, Name }, position: '' })).toMatchObject({ code });
});

test.each<[Partial<HttpTarget>, string]>([
  [{ path: 'orders' }, 'path: received "orders"'],
  [{ path: '/orders/{Id' }, 'path: received'],
  [{ path: '/orders/{Id}', batch: { size: 5 } }, 'a path without names'],
  [{ hasBody: false }, 'a path that names a record'],
  [{ batch: { size: 0 } }, 'batch.size: received 0'],
  [{ test: { method: 'PURGE' as never, path: '', success: [[200, 200]] } }, 'test.method: received "PURGE"'],
  [{ test: { method: 'GET', path: '/orders/{Id}', success: [[200, 200]] } }, 'test.path'],
  [{ test: { method: 'GET', path: '', body: '{}', success: [[200, 200]] } }, 'test.body'],
  [{ test: { method: 'GET', path: '', success: [[500, 599]] } }, 'test.success: received "500-599"'],
  [{ batch: { size: 5, path: '.a' } }, 'batch.path: received ".a"'],
  [{ headers: { Authorization: 'x' } }, '`auth` names their secret'],
  [{ headers: { 'Content-Length': '1' } }, 'names of headers that are not of the connection'],
  [{ headers: { 'X-A': 'b\r\nc' } }, 'headers[X-A]: received'],
  [{ success: [] }, 'success: received'],
  [{ success: [[500, 599]] }, 'success: received "500-599"'],
  [{ timeoutSeconds: 500 }, 'timeout: received 500'],
])('what no API can be asked is refused: %j', (changes, message) => {
  expect(() => checkHttpTarget({ ...TARGET, ...changes }, 'T: target.http')).toThrow(message);
});

test('whatever an API does, each record is taken, refused or left, in its order; twice only what nobody answered for', async () => {
  const fate = fc.constantFrom('taken', 'taken', 'busy', 'reset-before', 'reset-behind', 'refused');
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: 12 }), fc.array(fate, { maxLength: 40 }), async (count, fates) => {
      const done: string[] = [];
      const left = [...fates];
      const outcome = { acknowledged: [] as string[], refused: [] as string[] };
      const rows = Array.from({ length: count }, (_, at) => ({ id: `${at}`, path: '/orders', text: `${at}` }));
      const ports = {
        ...api([]).ports,
        async ask({ body = '' }: OutgoingRequest): Promise<OutgoingAnswer> {
          const next = left.shift() ?? 'taken';
          if (next === 'taken' || next === 'reset-behind') done.push(body);

          return next === 'taken'
            ? OK
            : next === 'busy'
              ? status(503)
              : next === 'refused'
                ? status(400)
                : { problem: 'reset', kind: 'passing' };
        },
      };
      for (const row of rows) {
        // Given up, the run begins again with what was not acknowledged.
        for (let open = true; open; ) {
          open = await sendRequest([row], TARGET, ports, {
            hold: async () => undefined,
            acknowledged: ({ id }) => void outcome.acknowledged.push(id),
          }).then(
            () => false,
            (error: unknown) => {
              if (error instanceof RowsRefused) outcome.refused.push(row.id);

              return !(error instanceof RowsRefused);
            },
          );
        }
      }
      expect([...outcome.acknowledged, ...outcome.refused].sort()).toEqual(rows.map(({ id }) => id).sort());
      expect(outcome.acknowledged.every((id) => done.includes(id))).toBe(true);
      expect(done).toEqual([...done].sort((one, other) => Number(one) - Number(other)));
      const unsure = fates.filter((one) => one === 'reset-behind').length;
      expect(done.length - new Set(done).size).toBeLessThanOrEqual(unsure);
    }),
    { numRuns: 200 },
  );
});
