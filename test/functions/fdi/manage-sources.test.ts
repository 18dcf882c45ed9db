import { expect, test } from '@jest/globals';
import { manageSources } from '../../../functions/fdi/manage-sources.ts';
import { callManagement } from '../shared/management-call.ts';

const handler = manageSources(() => ({
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
}));
const call = (method: string, resource: string, source = '') =>
  callManagement(handler, { method, resource, path: { source } });

test('the platform’s database is listed', async () => {
  expect((await call('GET', '/datasources')).body).toEqual({
    items: [expect.objectContaining({ name: 'database', kind: 'aurora-mysql' })],
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
    body: { error_msg: 'There is no data source other; there are: database.' },
  });
});
