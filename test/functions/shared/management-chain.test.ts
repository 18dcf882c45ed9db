import { expect, test } from '@jest/globals';
import { exactOptional, strictObject, string } from 'zod/mini';
import { InvalidSetting, Refusal } from '../../../core/errors.ts';
import {
  created,
  managementHandler,
  ok,
  pageOf,
  pageQuery,
  route,
} from '../../../functions/shared/management-chain.ts';
import { logLines } from './log-lines.ts';
import { callManagement, managementEvent } from './management-call.ts';

const log = logLines();
const failures: Record<string, unknown> = {
  refusal: new Refusal('CAUSEWAY.0409', { message: 'It is there already.', detail: { private: 'detail' } }),
  setting: new InvalidSetting('name', 'x', '2 to 64 characters'),
  bug: new TypeError('secret internals'),
};
const handler = managementHandler([
  route({ method: 'GET', path: '/devices/{product}/{device}', handler: async (request) => ok(request) }),
  route({
    method: 'POST',
    path: '/devices',
    body: strictObject({ device: string(), name: exactOptional(string()) }),
    handler: async ({ body }) => created(body),
  }),
  route({
    method: 'GET',
    path: '/devices',
    query: strictObject(pageQuery),
    handler: async ({ query }) => ok(pageOf(query)),
  }),
  route({ method: 'GET', path: '/fail/{how}', handler: ({ path }) => Promise.reject(failures[path['how'] ?? '']) }),
]);

test('a route gets its path, who calls and an id that the answer and the log repeat', async () => {
  const path = { product: 'ParkingSensor', device: 'S-001' };

  const { status, headers, body } = await callManagement(handler, { resource: '/devices/{product}/{device}', path });

  expect(status).toBe(200);
  expect(body).toEqual({
    path,
    caller: 'arn:aws:iam::123456789012:user/operator',
    requestId: expect.stringMatching(/^[0-9a-f]{32}$/),
  });
  expect(headers).toEqual({
    'Content-Type': 'application/json',
    'Cache-Control': 'no-store',
    'X-Request-Id': body['requestId'],
  });
  expect(log.all()).toEqual([
    expect.objectContaining({
      level: 'INFO',
      requestId: body['requestId'],
      method: 'GET',
      path: '/devices/ParkingSensor/S-001',
      status: 200,
      caller: 'arn:aws:iam::123456789012:user/operator',
    }),
  ]);
});

test.each([
  ['S%2D001', 'S-001'],
  ['S-001', 'S-001'],
])('the path parameter %s reaches the route as %s', async (device, decoded) => {
  const { body } = await callManagement(handler, {
    resource: '/devices/{product}/{device}',
    path: { product: 'P', device },
  });

  expect(body['path']).toEqual({ product: 'P', device: decoded });
});

test('a broken escape in the path is the caller’s mistake', async () => {
  const call = { resource: '/devices/{product}/{device}', path: { product: 'P', device: '100%' } };

  expect(await callManagement(handler, call)).toMatchObject({ status: 400, body: { error_code: 'CAUSEWAY.0400' } });
});

test.each([false, true])('a body is parsed, base64 %s', async (base64) => {
  const call = { method: 'POST', resource: '/devices', body: { device: 'S-001' }, base64 };

  expect(await callManagement(handler, call)).toMatchObject({ status: 201, body: { device: 'S-001' } });
});

test.each([
  ['{"device":', 'The body is not valid JSON.'],
  ['', 'body.device: string expected'],
  ['[]', 'body: object expected'],
  [{ device: 1 }, 'body.device: string expected'],
  [{ device: 'S-001', colour: 'red' }, 'body: colour is not known here'],
])('the body %j is refused: %s', async (body, message) => {
  const answer = await callManagement(handler, { method: 'POST', resource: '/devices', body });

  expect(answer).toMatchObject({ status: 400, body: { error_code: 'CAUSEWAY.0400' } });
  expect(answer.body['error_msg']).toContain(message);
});

test('a refused value is repeated neither in the answer nor in the log', async () => {
  const body = { device: { password: 'hunter2' } };

  const answer = await callManagement(handler, { method: 'POST', resource: '/devices', body });

  expect(JSON.stringify(answer) + log.text()).not.toContain('hunter2');
});

test.each([
  [{}, { limit: 50 }],
  [
    { limit: '200', next: 'abc' },
    { limit: 200, next: 'abc' },
  ],
  [{ limit: '1' }, { limit: 1 }],
])('the query %j asks for the page %j', async (query, page) => {
  expect(await callManagement(handler, { resource: '/devices', query })).toMatchObject({ status: 200, body: page });
});

test.each([{ limit: '0' }, { limit: '201' }, { limit: 'ten' }, { limit: '1.5' }, { offset: '1' }])(
  'the query %j is refused',
  async (query: Record<string, string>) => {
    expect(await callManagement(handler, { resource: '/devices', query })).toMatchObject({
      status: 400,
      body: { error_code: 'CAUSEWAY.0400' },
    });
  },
);

test.each([
  ['DELETE', '/devices'],
  ['GET', '/'],
  ['GET', '/{proxy+}'],
])('%s %s does not exist', async (method, resource) => {
  const { status, body, headers } = await callManagement(handler, { method, resource });

  expect(status).toBe(404);
  expect(body).toEqual({
    error_msg: expect.stringContaining(`There is no ${method} `),
    error_code: 'CAUSEWAY.0404',
    request_id: headers['X-Request-Id'],
  });
});

test.each([
  ['refusal', 409, 'CAUSEWAY.0409', 'It is there already.'],
  ['setting', 400, 'CAUSEWAY.0400', 'name: received "x"; allowed: 2 to 64 characters'],
  ['bug', 500, 'APIC.0601', 'Internal server error.'],
])('a %s becomes status %d with its code, and details stay in the log', async (how, status, code, message) => {
  const answer = await callManagement(handler, { resource: '/fail/{how}', path: { how } });

  expect(answer.status).toBe(status);
  expect(answer.body).toEqual({ error_msg: message, error_code: code, request_id: answer.headers['X-Request-Id'] });
  expect(JSON.stringify(answer)).not.toMatch(/internals|detail|at .*\.ts/);
  expect(log.all()).toEqual([expect.objectContaining({ requestId: answer.body['request_id'], status, code })]);
});

test('the log of an unforeseen error holds what the caller does not see', async () => {
  await callManagement(handler, { resource: '/fail/{how}', path: { how: 'bug' } });

  expect(log.all()).toEqual([
    expect.objectContaining({ level: 'ERROR', error: expect.objectContaining({ name: 'TypeError' }) }),
  ]);
});

test('an event without a caller, as the gateway’s own test button sends it, is served', async () => {
  const event = managementEvent({ resource: '/devices' });

  const { statusCode } = await handler({
    ...event,
    requestContext: { ...event.requestContext, identity: {} as never },
  });

  expect(statusCode).toBe(200);
  expect(log.all()).toEqual([expect.objectContaining({ caller: 'unknown' })]);
});
