import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import type { FunctionContext } from '../../../../core/apic/api-function.ts';
import { functionSources } from '../../../../functions/shared/function/function-sources.ts';
import { createSourcePool, type SourcePool } from '../../../../functions/shared/sources/source-pool.ts';
import { sourceDriver } from '../script/script-fixture.ts';
import { privatePostgresql } from '../sources/postgresql-fixture.ts';
import { oneRedis } from '../sources/redis-fixture.ts';

const PASSWORD = 'secret-word';
const postgresql = privatePostgresql();
const redis = oneRedis(PASSWORD);
let pool: SourcePool;
let errors: string[];

beforeAll(async () => {
  process.env['CAUSEWAY_LOOPBACK'] = 'allowed';
  pool = createSourcePool({ driver: sourceDriver });
  await postgresql.run('CREATE TABLE t (id INT PRIMARY KEY, name TEXT, at TIMESTAMP)');
});

beforeEach(async () => {
  errors = [];
  await postgresql.run('DELETE FROM t');
});

afterAll(() => pool.close());

/** One call of a function with two sources. */
async function call<T>(work: (source: FunctionContext['source'], over: () => void) => Promise<T>): Promise<T> {
  const controller = new AbortController();
  const { url, user, password } = postgresql.source();
  const declared = {
    shop: { type: null, url, user, password },
    keys: { type: null, url: `redis://127.0.0.1:${redis.port}`, user: null, password: PASSWORD },
  };
  const log = { error: (message: string) => void errors.push(message) };
  const { source, end } = functionSources(
    declared,
    { signal: controller.signal, log, remainingMs: () => 10_000 },
    pool,
  );
  try {
    return await work(source, () => controller.abort());
  } finally {
    await end();
  }
}

test('values of statements are bound, in a tagged template as in a text; a list in a template is as many', async () => {
  const hostile = `' OR 1=1 --`;
  const answer = await call(async (source) => {
    const { query, execute } = source('shop');
    await execute('INSERT INTO t (id, name, at) VALUES (?, ?, ?)', [1, hostile, new Date('2026-01-02T03:04:05.678Z')]);

    return [
      await execute`INSERT INTO t (id, name) VALUES (${2n}, ${undefined}), (${3}, ${'c'}) RETURNING id`,
      await query`SELECT id, name FROM t WHERE id IN (${[1, 2]}) AND (name = ${hostile} OR name IS NULL) ORDER BY id`,
      await query('SELECT at FROM t WHERE id = ?', [1]),
      await execute`DELETE FROM t`,
    ];
  });

  expect(answer).toEqual([
    2,
    [
      { id: 1, name: hostile },
      { id: 2, name: null },
    ],
    [{ at: '2026-01-02 03:04:05.678' }],
    3,
  ]);
});

test('several statements at once run one after the other, in one session', async () => {
  const ids = await call((source) =>
    Promise.all([1, 2, 3].map(() => source('shop').query<{ id: number }>`SELECT pg_backend_pid() AS id`)),
  );

  expect(new Set(ids.flat().map(({ id }) => id)).size).toBe(1);
});

test('Redis takes its commands', async () => {
  const answer = await call(async (source) => {
    const { run } = source('keys');

    return [await run('SET ? ?', 'a key', 1), await run('GET ?', 'a key'), await run('DBSIZE')];
  });

  expect(answer).toEqual(['OK', '1', 1]);
});

test('a transaction that is open when the call is answered is rolled back', async () => {
  await call(async (source) => {
    await source('shop').run('BEGIN');
    await source('shop').execute`INSERT INTO t (id) VALUES (${7})`;
  });

  expect(await postgresql.run('SELECT id FROM t')).toEqual([]);
});

test('what a source refuses is thrown in its own words, and the next statement works', async () => {
  const answer = await call(async (source) => {
    const { query } = source('shop');
    const message = await query`SELECT * FROM nothing_there`.catch((error: Error) => error.message);

    return [message, await query`SELECT 1 AS one`];
  });

  expect(answer).toEqual([expect.stringContaining('nothing_there'), [{ one: 1 }]]);
});

test.each<[string, (source: FunctionContext['source']) => Promise<unknown>, string]>([
  ['a source that is not declared', async (source) => source('other'), 'source: received "other"; allowed: shop, keys'],
  ['a list without values', (source) => source('shop').query`SELECT ${[]}`, 'a list with at least one value'],
  ['rows of what has none', (source) => source('shop').query`DELETE FROM t`, 'a statement that answers rows'],
])('%s is refused', async (_what, work, message) => {
  await expect(call(work)).rejects.toThrow(message);
});

test('a statement that comes when the call is over does not run, and is told to the log', async () => {
  const answer = await call(async (source, over) => {
    const { query } = source('shop');
    over();

    return Promise.race([query`SELECT 1`, Promise.resolve('never answered')]);
  });

  expect([answer, errors]).toEqual(['never answered', [expect.stringContaining('await what the function does')]]);
});

test('a statement that still runs when the time is over is ended', async () => {
  const failure = await call(async (source, over) => {
    const sleeping = source('shop').query`SELECT pg_sleep(30)`.catch((error: Error) => error.message);
    await source('keys').run('PING');
    over();

    return sleeping;
  });

  expect(failure).toContain('cannot be reached');
});
