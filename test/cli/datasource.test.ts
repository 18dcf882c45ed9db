import { afterEach, expect, test } from '@jest/globals';
import { type FakePlatform, fakePlatform } from './fake-platform.ts';

let platform: FakePlatform;

afterEach(() => platform.stop());

const CONNECTS = { user: 'causeway_fdi', what: 'connects', milliseconds: 12, ok: true };
const WRITES = {
  user: 'causeway_fdi',
  what: 'writes Data',
  milliseconds: 3,
  ok: false,
  problem: 'no right',
  advice: 'deploy',
};
const report = (...checks: { ok: boolean }[]) => ({
  name: 'database',
  kind: 'aurora-mysql',
  passed: checks.every(({ ok }) => ok),
  checks,
});

test('a source that passed says so', async () => {
  platform = await fakePlatform({ 'POST /datasources/database/test': [200, report(CONNECTS)] });
  const { code, stdout } = await platform.run('datasource', 'test', 'database');

  expect(code).toBe(0);
  expect(stdout).toMatch(/causeway_fdi +connects +ok +12 ms\n\nConnected.\n$/);
});

test('a source that did not pass says what failed and what to change, and the exit code is 1', async () => {
  platform = await fakePlatform({ 'POST /datasources/database/test': [200, report(CONNECTS, WRITES)] });
  const { code, stdout } = await platform.run('datasource', 'test', 'database');
  const json = await platform.run('datasource', 'test', 'database', '--json');

  expect([code, json.code]).toEqual([1, 1]);
  expect(stdout).toContain('causeway_fdi writes Data: no right\n  To do: deploy\n');
  expect(stdout).not.toContain('Connected.');
  expect(JSON.parse(json.stdout)).toMatchObject({ passed: false });
});

test('sources are listed', async () => {
  platform = await fakePlatform({
    'GET /datasources': [200, { items: [{ name: 'database', kind: 'aurora-mysql', description: 'Aurora' }] }],
  });

  expect((await platform.run('datasource', 'list')).stdout).toMatch(/database +aurora-mysql +Aurora/);
});

test('tables and columns are listed', async () => {
  platform = await fakePlatform({
    'GET /datasources/shop/tables': [200, { items: [{ name: 'orders', kind: 'table' }] }],
    'GET /datasources/shop/tables/order%20lines': [
      200,
      {
        items: [
          { name: 'id', type: 'bigint', readAs: 'integer', nullable: false, key: 1 },
          { name: 'body', type: 'blob', readAs: null, nullable: true, key: null },
        ],
      },
    ],
  });
  const { stdout } = await platform.run('datasource', 'columns', 'shop', 'order lines');

  expect((await platform.run('datasource', 'tables', 'shop')).stdout).toMatch(/orders +table/);
  expect(stdout).toMatch(/id +bigint +integer +no +1\n.*body +blob +- +yes/);
});
