import { expect, test } from '@jest/globals';
import type { SourceTest } from '../../../core/fdi/task-source.ts';
import type { CatalogEntry } from '../../../core/platform/catalog-entry.ts';
import { type ManageSourcesPorts, manageSources } from '../../../functions/fdi/manage-sources.ts';
import { callManagement } from '../shared/management-call.ts';

const SHOP = {
  ...{ kind: 'source' as const, name: 'Shop.Orders.shop' },
  document: { url: 'jdbc:mysql://db.example.com/shop?user=me', usedBy: 'Shop/Orders', writes: ['orders'] },
};
const SIDE = {
  ...{ kind: 'source' as const, name: 'Pull.source' },
  document: {
    ...{ kind: 'http', place: 'GET https://shop.example.com/orders?key=abc', usedBy: 'Pull', settings: 'a' },
    tester: { functionArn: 'arn:pull', task: 'Pull', side: 'source' },
  },
};
const noted = new Map<string, SourceTest>();
const PORTS: ManageSourcesPorts = {
  session: (user) => ({
    query: async (sql) => {
      if (user === 'causeway_reader' && sql.includes('`Gone`')) {
        throw Object.assign(new TypeError("doesn't exist; Error code: 1146; SQLState: 42S02"), {
          name: 'DatabaseErrorException',
        });
      }
      return sql.includes('information_schema') ? [{ name: 'A' }] : [];
    },
    tryOut: async () => undefined,
  }),
  targets: async () => ['Gone'],
  now: () => 0,
  declared: async () => [SHOP, SIDE].map(withTest),
  find: async (name) => [SHOP, SIDE].find((one) => one.name === name),
  proofs: {
    find: async () => undefined,
    note: async (name, tested) => void noted.set(name, tested),
    ask: async (functionArn, { test: side }) => ({
      checks: [{ user: '', what: `${functionArn} ${side}`, milliseconds: 1, ok: true, unproved: 'nothing lies there' }],
    }),
    now: () => new Date('2026-11-24T08:00:00Z'),
  },
  open: () => async () => {
    throw Object.assign(new TypeError('the database cannot be reached: connect ECONNREFUSED'), { code: undefined });
  },
  openMongo: async () => {
    throw new RangeError('no MongoDB is declared here');
  },
  hasDatabase: true,
};
function withTest(entry: CatalogEntry): CatalogEntry {
  const tested = noted.get(entry.name);

  return tested === undefined ? entry : { ...entry, document: { ...entry.document, tested } };
}

const handler = manageSources(() => PORTS);
const call = (method: string, resource: string, source = '', table = '') =>
  callManagement(handler, { method, resource, path: { source, table } });

test('the platform’s database is listed, and what stacks declare, without a word of their logins', async () => {
  expect((await call('GET', '/datasources')).body).toEqual({
    items: [
      expect.objectContaining({ name: 'database', kind: 'aurora-mysql' }),
      { name: 'Pull.source', kind: 'http', description: 'GET https://shop.example.com/orders, used by Pull' },
      { name: 'Shop.Orders.shop', kind: 'mysql', description: 'db.example.com:3306/shop, used by Shop/Orders' },
    ],
  });
});

test('a platform without a database has only those that stacks declare', async () => {
  const small = manageSources(() => ({ ...PORTS, hasDatabase: false }));

  expect((await callManagement(small, { method: 'GET', resource: '/datasources' })).body).toMatchObject({
    items: [{ name: 'Pull.source' }, { name: 'Shop.Orders.shop' }],
  });
});

test('a declared source is tested by its name', async () => {
  expect((await call('POST', '/datasources/{source}/test', 'Shop.Orders.shop')).body).toMatchObject({
    ...{ name: 'Shop.Orders.shop', kind: 'mysql', passed: false },
    checks: [{ what: 'connects', ok: false, kind: 'network', advice: expect.stringContaining('start the server') }],
  });
});

test('a test answers every check, and that it has not passed when one failed', async () => {
  const { status, body } = await call('POST', '/datasources/{source}/test', 'database');

  expect(status).toBe(200);
  expect(body).toMatchObject({ name: 'database', passed: false });
  expect(body['checks']).toContainEqual(
    expect.objectContaining({ user: 'causeway_reader', what: 'reads Gone', ok: false, kind: 'missing' }),
  );
});

test('what a task reads is tested by the task’s own function, and what became of it is on record', async () => {
  expect((await call('POST', '/datasources/{source}/test', 'Pull.source')).body).toEqual({
    ...{ name: 'Pull.source', kind: 'http', passed: true },
    checks: [expect.objectContaining({ what: 'arn:pull source', ok: true, unproved: 'nothing lies there' })],
  });
  await call('POST', '/datasources/{source}/test', 'Shop.Orders.shop');
  const { items } = (await call('GET', '/datasources')).body as unknown as { items: readonly { tested: unknown }[] };

  expect(items.slice(1).map(({ tested }) => tested)).toEqual([
    { at: '2026-11-24T08:00:00.000Z', passed: true },
    { at: '2026-11-24T08:00:00.000Z', passed: false },
  ]);
  expect(await call('GET', '/datasources/{source}/tables', 'Pull.source')).toMatchObject({ status: 400 });
});

test('a source there is not is not found, and the answer names those there are', async () => {
  expect(await call('POST', '/datasources/{source}/test', 'other')).toMatchObject({
    status: 404,
    body: { error_msg: 'There is no data source other; there are: database, Pull.source, Shop.Orders.shop.' },
  });
});

test('tables and columns are asked of the platform’s database with the rights of tasks', async () => {
  const tables = await call('GET', '/datasources/{source}/tables', 'database');
  const none = await call('GET', '/datasources/{source}/tables/{table}', 'database', 'Gone');

  expect(tables).toMatchObject({ status: 200, body: { items: [{ name: 'A', kind: 'table' }] } });
  expect(none.status).toBe(200);
});

test('a declared source that cannot be reached says so in place of its tables', async () => {
  expect(await call('GET', '/datasources/{source}/tables', 'Shop.Orders.shop')).toMatchObject({
    status: 412,
    body: { error_msg: expect.stringMatching(/^Shop.Orders.shop cannot be asked: .*start the server/) },
  });
  expect(await call('GET', '/datasources/{source}/tables/{table}', 'other', 't')).toMatchObject({ status: 404 });
});
