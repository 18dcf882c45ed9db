import { beforeEach, expect, test } from '@jest/globals';
import type { AppGrant, AppSecret } from '../../../core/platform/app-view.ts';
import type { CatalogEntry, CatalogKind } from '../../../core/platform/catalog-entry.ts';
import type { InstanceEntry } from '../../../core/platform/instance.ts';
import { managePlatform } from '../../../functions/platform/manage-platform.ts';
import type { QueryOptions } from '../../../functions/shared/document-table.ts';
import { logLines } from '../shared/log-lines.ts';
import { type Call, callManagement } from '../shared/management-call.ts';

const log = logLines();
const OWN_SECRET = 'own-secret-of-the-owner';
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
let ages: number[];
let granted: AppGrant[];
let catalog: CatalogEntry[];
let secrets: Record<string, AppSecret>;

beforeEach(() => {
  process.env['CAUSEWAY_ENVIRONMENT'] = 'test';
  instance = undefined;
  ages = [];
  granted = [{ group: 'Parking', api: 'free', stage: 'RELEASE' }];
  catalog = [
    { kind: 'app', name: 'driver', document: { secretArn: 'arn:driver' } },
    { kind: 'app', name: 'late', document: { secretArn: 'arn:late' } },
    { kind: 'app', name: 'owner', document: { secretArn: 'arn:owner' } },
    { kind: 'api', name: 'Parking/free', document: FREE },
    { kind: 'api', name: 'Parking/history', document: { ...FREE, path: '/parking/history' } },
  ];
  secrets = {
    'arn:owner': { key: 'OWNERKEY', secret: OWN_SECRET, appCodes: ['code-1', 'code-2'] },
    'arn:driver': { key: 'DRIVERKEY', secret: 'driver-secret', appCodes: [] },
  };
});

const of = (kind: CatalogKind) => catalog.filter((entry) => entry.kind === kind);

function pageOf(kind: CatalogKind, { limit = 100, next = '0' }: QueryOptions) {
  const from = Number(next);
  const items = of(kind).slice(from, from + limit);

  return from + limit < of(kind).length ? { items, next: String(from + limit) } : { items };
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
    find: async (kind, name) => of(kind).find((entry) => entry.name === name),
    list: async (kind, page) => pageOf(kind, page),
    listAll: async (kind) => of(kind),
    readAppSecret: async (arn, maxAgeMs) => {
      ages.push(maxAgeMs);

      return secrets[arn];
    },
    isGranted: async (app, api) => app === 'driver' && granted.some((one) => one.api === api.api),
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

test('apps are listed in pages, with key and number of codes and without secrets', async () => {
  const first = await call({ resource: '/apps', query: { limit: '2' } });
  const second = await call({ resource: '/apps', query: { limit: '2', next: String(first.body['next']) } });

  expect(first.body['items']).toEqual([
    { app: 'driver', key: 'DRIVERKEY', appCodes: 0 },
    { app: 'late', key: '', appCodes: 0 },
  ]);
  expect(second.body).toEqual({ items: [{ app: 'owner', key: 'OWNERKEY', appCodes: 2 }] });
});

test('an app is shown with the APIs of others that it may call', async () => {
  const driver = await call({ resource: '/apps/{app}', path: { app: 'driver' } });
  const owner = await call({ resource: '/apps/{app}', path: { app: 'owner' } });

  expect(driver.body).toEqual({ app: 'driver', key: 'DRIVERKEY', appCodes: 0, grants: granted });
  expect(owner.body).toEqual({ app: 'owner', key: 'OWNERKEY', appCodes: 2, grants: [] });
});

test('credentials are shown only where they are asked for, as they are now, and never logged', async () => {
  const { status, body } = await call({ resource: '/apps/{app}/credentials', path: { app: 'owner' } });

  expect(status).toBe(200);
  expect(body).toEqual({ app: 'owner', key: 'OWNERKEY', secret: OWN_SECRET, appCodes: ['code-1', 'code-2'] });
  expect(ages).toEqual([0]);
  expect(log.text()).not.toContain(OWN_SECRET);
});

test('an app whose deployment is not finished has no credentials yet', async () => {
  expect(await call({ resource: '/apps/{app}/credentials', path: { app: 'late' } })).toMatchObject({
    status: 412,
    body: { error_code: 'CAUSEWAY.0412' },
  });
});

test('APIs are listed and shown with all a caller needs', async () => {
  const list = await call({ resource: '/apis', query: { limit: '1' } });
  const show = await call({ resource: '/apis/{group}/{api}', path: { group: 'Parking', api: 'free' } });

  expect(list.body).toEqual({ items: [{ name: 'Parking/free', ...FREE }], next: '1' });
  expect(show.body).toEqual({ name: 'Parking/free', ...FREE });
});

test.each([
  ['/apps/{app}', { app: 'nobody' }, 'There is no app nobody.'],
  ['/apps/{app}/credentials', { app: 'nobody' }, 'There is no app nobody.'],
  ['/apis/{group}/{api}', { group: 'Parking', api: 'nothing' }, 'There is no API Parking/nothing.'],
  ['/{proxy+}', { proxy: 'nothing' }, 'There is no GET'],
])('%s with %j is not found', async (resource, path: Record<string, string>, message) => {
  expect(await call({ resource, path })).toMatchObject({
    status: 404,
    body: { error_code: 'CAUSEWAY.0404', error_msg: expect.stringContaining(message) },
  });
});
