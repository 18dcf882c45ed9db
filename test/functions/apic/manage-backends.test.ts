import './task-root.ts';
import { expect, test } from '@jest/globals';
import type { APIGatewayProxyEvent } from 'aws-lambda';
import type { BackendEntry } from '../../../core/apic/backend-entry.ts';
import type { QueryResult } from '../../../core/apic/data-api.ts';
import { dataApiHandler } from '../../../functions/apic/data-api.ts';
import { manageBackends } from '../../../functions/apic/manage-backends.ts';
import { logLines } from '../shared/log-lines.ts';
import { callManagement } from '../shared/management-call.ts';
import { context } from './gateway.ts';
import { DEFINITIONS } from './task-root.ts';

const log = logLines();
const SPACE = DEFINITIONS.apis.find(({ name }) => name === 'space');
const ENTRY: BackendEntry = {
  ...{ group: 'Parking', stage: 'RELEASE', api: 'space', app: 'Parking', published: false, kind: 'data' },
  ...{ method: 'GET', path: '/parking/spaces/{deviceId}', parameters: SPACE?.parameters ?? [] },
  data: SPACE?.backend as NonNullable<BackendEntry['data']>,
  function: 'Lot-Data-1',
};
const ROWS: QueryResult = { rows: '[{"DeviceId":"S-001"}]', affected: 0 };

/** Tries a backend out whose function is the data API's own, without a route to it. */
async function tried(body: unknown, invoke?: (event: APIGatewayProxyEvent) => Promise<unknown>) {
  const events: APIGatewayProxyEvent[] = [];
  const own = dataApiHandler({ apis: [], unpublished: DEFINITIONS.apis }, async () => ROWS);
  const handler = manageBackends(() => ({
    find: async (name) => (name === 'Parking/space' ? { kind: 'backend', name, document: { ...ENTRY } } : undefined),
    list: async () => ({ items: [{ kind: 'backend', name: 'Parking/space', document: { ...ENTRY } }] }),
    async invoke(functionName, event) {
      expect(functionName).toBe('Lot-Data-1');
      events.push(event);

      return invoke === undefined ? own(event, context()) : invoke(event);
    },
  }));
  const call = (method: string, resource: string, api = 'space') =>
    callManagement(handler, { method, resource, path: { group: 'Parking', api }, ...(method === 'POST' && { body }) });

  return { events, call, test: (api?: string) => call('POST', '/backends/{group}/{api}/test', api) };
}

test('a test answers the request, the statement with its values, the answer of the function and the time', async () => {
  const { test: run } = await tried({ parameters: { deviceId: 'S/1', status: '1', more: 'x' } });
  const { status, body, headers } = await run();

  expect(status).toBe(200);
  expect(body).toEqual({
    backend: expect.objectContaining({ name: 'Parking/space', kind: 'data', published: false }),
    request: { method: 'GET', path: '/parking/spaces/S%2F1?status=1&more=x', headers: [], body: '' },
    statement: {
      sql: 'select * from ParkingData where DeviceId=:p0 and Status=:p1',
      parameters: [
        { name: 'p0', value: { stringValue: 'S/1' } },
        { name: 'p1', value: { longValue: 1 } },
      ],
    },
    answer: {
      status: 200,
      headers: expect.arrayContaining([['X-Request-Id', headers['X-Request-Id']]]),
      body: '{"default":[{"DeviceId":"S-001"}]}',
      base64: false,
    },
    milliseconds: expect.any(Number),
  });
});

test('the function answers as the app that is named, with what an authorizer would say', async () => {
  const { events, test: run } = await tried({ parameters: { deviceId: 'S' }, app: 'City', context: { user: 'ada' } });
  await run();

  expect(events[0]?.requestContext.authorizer).toMatchObject({
    verdict: 'allow',
    app: 'City',
    api: 'space',
    custom: '{"user":"ada"}',
  });
  expect(log.text()).toContain('"app":"City"');
});

test('parameters that are not as declared are refused by the function itself, and there is no statement', async () => {
  const { test: run } = await tried({ parameters: { deviceId: 'S', status: 'free' } });
  const { body } = await run();

  expect(body).toMatchObject({ answer: { status: 400, body: expect.stringContaining('APIC.0106') } });
  expect(body).not.toHaveProperty('statement');
});

test('headers, body and method are what is asked for', async () => {
  const { events, test: run } = await tried({
    ...{ method: 'PUT', headers: { 'X-A': 'b' }, body: '{"é":1}', parameters: { deviceId: 'S' } },
  });
  const { body } = await run();

  expect(body['request']).toMatchObject({
    method: 'PUT',
    headers: [
      ['X-A', 'b'],
      ['Content-Type', 'application/json'],
    ],
  });
  expect([events[0]?.httpMethod, Buffer.from(events[0]?.body ?? '', 'base64').toString()]).toEqual(['PUT', '{"é":1}']);
});

test('a function that gave no answer is 502, with the reason', async () => {
  const { test: run } = await tried({ parameters: { deviceId: 'S' } }, async () => {
    throw new TypeError('Unhandled: Task timed out after 29.00 seconds');
  });

  expect(await run()).toMatchObject({
    status: 502,
    body: { error_code: 'APIC.0202', error_msg: expect.stringContaining('Task timed out after 29.00 seconds') },
  });
});

test.each<[string, object, string | undefined, number, string]>([
  ['a path without its value', {}, undefined, 400, 'parameter deviceId'],
  ['a backend there is not', {}, 'nowhere', 404, 'no backend Parking/nowhere'],
  ['what nobody knows', { verdict: { app: 'x' } }, undefined, 400, 'verdict is not known here'],
])('%s is refused', async (_name, request, api, status, message) => {
  const { events, test: run } = await tried(request);

  expect(await run(api)).toMatchObject({ status, body: { error_msg: expect.stringContaining(message) } });
  expect(events).toEqual([]);
});

test('the list names no function and no statement', async () => {
  const { call } = await tried({});
  const { body } = await call('GET', '/backends');

  expect(body).toEqual({
    items: [
      {
        ...{ name: 'Parking/space', group: 'Parking', api: 'space', app: 'Parking', published: false, kind: 'data' },
        ...{ method: 'GET', path: ENTRY.path, parameters: ENTRY.parameters },
      },
    ],
  });
});
