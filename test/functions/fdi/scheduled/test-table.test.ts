import { beforeAll, expect, test } from '@jest/globals';
import { testLogin, testTable } from '../../../../functions/shared/test-table.ts';
import { databases, type Side } from './databases.ts';

const { mysql, postgresql, side } = databases();

beforeAll(async () => {
  for (const { run } of [mysql, postgresql]) {
    await run('DROP TABLE IF EXISTS tried, causeway_tried');
    await run('CREATE TABLE tried (id INT NOT NULL PRIMARY KEY, note VARCHAR(40) NOT NULL)');
    await run("INSERT INTO tried VALUES (1, 'one')");
  }
});

const ENGINES: readonly (readonly [string, 'mysql' | 'postgresql', () => Side])[] = [
  ['MySQL', 'mysql', () => side.mysql()],
  ['the platform', 'mysql', () => side.platform()],
  ['PostgreSQL', 'postgresql', () => side.postgresql()],
];

test.each(ENGINES)('%s: the right to write is proved, and no row is another one', async (engine, kind, own) => {
  const login = async () => ({ kind, user: 'task', session: await own().open() });
  const place = engine === 'the platform' ? 'platform' : 'external';
  const target = { place, table: 'tried', write: 'upsert', rollbackSeconds: 60 } as const;
  const checks = await testTable(login, target, ['causeway_tried'], { now: () => 0 });
  const gone = await testTable(login, { ...target, table: 'gone' }, [], { now: () => 0 });
  const session = await own().open();
  const rows = await session.query({ sql: 'SELECT id, note FROM tried', values: [] });
  await session.close();

  expect(checks.map(({ what, ok }) => [what, ok])).toEqual([
    ['connects', true],
    ['reads tried', true],
    ['writes tried', true],
    ['writes causeway_tried', true],
  ]);
  expect(checks.at(-1)).toMatchObject({ unproved: expect.stringContaining('made when it is needed') });
  expect(gone.slice(1)).toMatchObject([{ what: 'reads gone', ok: false, kind: 'missing' }, { ok: false }]);
  expect(rows).toMatchObject([{ note: 'one' }]);
});

test('who is not let in is told so, once', async () => {
  const login = () => Promise.reject(new TypeError('the database cannot be reached: connect ECONNREFUSED'));

  expect(await testLogin(login, 'external', { now: () => 0 })).toMatchObject([
    { what: 'connects', ok: false, kind: 'network', problem: expect.stringContaining('nobody listens') },
  ]);
});
