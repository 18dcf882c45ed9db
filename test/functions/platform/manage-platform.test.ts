import { beforeEach, expect, test } from '@jest/globals';
import type { CatalogEntry } from '../../../core/platform/catalog-entry.ts';
import type { InstanceEntry } from '../../../core/platform/instance.ts';
import { managePlatform } from '../../../functions/platform/manage-platform.ts';
import type { QueryOptions } from '../../../functions/shared/document-table.ts';
import { type Call, callManagement } from '../shared/management-call.ts';

const FREE = {
  group: 'Parking',
  stage: 'RELEASE',
  app: 'owner',
  method: 'GET',
  path: '/parking/free',
  auth: 'app',
  appCode: true,
  parameters: [],
  url: 'https://abc123.execute-api.eu-west-1.amazonaws.com/RELEASE',
};
let instance: InstanceEntry | undefined;
let catalog: CatalogEntry[];

beforeEach(() => {
  process.env['CAUSEWAY_ENVIRONMENT'] = 'test';
  instance = undefined;
  catalog = [
    { kind: 'api', name: 'Parking/free', document: FREE },
    { kind: 'api', name: 'Parking/history', document: { ...FREE, path: '/parking/history' } },
  ];
});

function pageOf({ limit = 100, next = '0' }: QueryOptions) {
  const from = Number(next);
  const items = catalog.slice(from, from + limit);

  return from + limit < catalog.length ? { items, next: String(from + limit) } : { items };
}

function call(request: Call) {
  const handler = managePlatform(() => ({
    instance: {
      find: async () => instance,
      add: async (entry) => {
        instance ??= entry;

        return instance === entry;
      },
      newId: () => '6f1c2d3e-0000-4000-8000-000000000001',
    },
    mqttEndpoint: async () => ({ host: 'abc-ats.iot.eu-west-1.amazonaws.com', port: 443 }),
    findApi: async (name) => catalog.find((entry) => entry.name === name),
    listApis: async (page) => pageOf(page),
  }));

  return callManagement(handler, request);
}

test('the instance says who it is and where devices connect', async () => {
  const { status, body } = await call({ resource: '/instance' });

  expect(status).toBe(200);
  expect(body).toEqual({
    id: '6f1c2d3e-0000-4000-8000-000000000001',
    environment: 'test',
    version: expect.stringMatching(/^\d+\.\d+\.\d+$/),
    mqtt: { host: 'abc-ats.iot.eu-west-1.amazonaws.com', port: 443 },
  });
});

test('the instance id is made once and kept', async () => {
  await call({ resource: '/instance' });
  expect(instance).toEqual({
    kind: 'platform',
    name: 'instance',
    document: { id: '6f1c2d3e-0000-4000-8000-000000000001' },
  });
  instance = { kind: 'platform', name: 'instance', document: { id: 'kept' } };

  expect((await call({ resource: '/instance' })).body).toMatchObject({ id: 'kept' });
});

test('APIs are listed and shown with all a caller needs', async () => {
  const list = await call({ resource: '/apis', query: { limit: '1' } });
  const show = await call({ resource: '/apis/{group}/{api}', path: { group: 'Parking', api: 'free' } });

  expect(list.body).toEqual({ items: [{ name: 'Parking/free', ...FREE }], next: '1' });
  expect(show.body).toEqual({ name: 'Parking/free', ...FREE });
});

test.each([
  ['/apis/{group}/{api}', { group: 'Parking', api: 'nothing' }, 'There is no API Parking/nothing.'],
  ['/{proxy+}', { proxy: 'nothing' }, 'There is no GET'],
])('%s with %j is not found', async (resource, path: Record<string, string>, message) => {
  expect(await call({ resource, path })).toMatchObject({
    status: 404,
    body: { error_code: 'CAUSEWAY.0404', error_msg: expect.stringContaining(message) },
  });
});
