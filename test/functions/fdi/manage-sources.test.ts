import { expect, test } from '@jest/globals';
import { type ManageSourcesPorts, manageSources } from '../../../functions/fdi/manage-sources.ts';
import { callManagement } from '../shared/management-call.ts';

const SHOP = {
  ...{ kind: 'source' as const, name: 'Shop.Orders.shop' },
  document: { url: 'jdbc:mysql://db.example.com/shop?user=me', usedBy: 'Shop/Orders', writes: ['orders'] },
};
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
  declared: async () => [SHOP],
  find: async (name) => (name === SHOP.name ? SHOP : undefined),
  open: () => async () => {
    throw Object.assign(new TypeError('the database cannot be reached: connect ECONNREFUSED'), { code: undefined });
  },
  hasDatabase: true,
};
const handler = manageSources(() => PORTS);
const call = (method: string, resource: string, source = '', table = '') =>
  callManagement(handler, { method, resource, path: { source, table } });

test('the platform’s database is listed, and what stacks declare, without a word of their logins', async () => {
  expect((await call('GET', '/datasources')).body).toEqual({
    items: [
      expect.objectContaining({ name: 'database', kind: 'aurora-mysql' }),
      { name: 'Shop.Orders.shop', kind: 'mysql', description: 'db.example.com:3306/shop, used by Shop/Orders' },
    ],
  });
});

test('a platform without a database has only those that stacks declare', async () => {
  const small = manageSources(() => ({ ...PORTS, hasDatabase: false }));

  expect((await callManagement(small, { method: 'GET', resource: '/datasources' })).body).toMatchObject({
    items: [{ name: 'Shop.Orders.shop' }],
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

test('a source there is not is not found, and the answer names those there are', async () => {
  expect(await call('POST', '/datasources/{source}/test', 'other')).toMatchObject({
    status: 404,
    body: { error_msg: 'There is no data source other; there are: database, Shop.Orders.shop.' },
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
