import { beforeAll, expect, test } from '@jest/globals';
import { scripts, withSource } from '../script/script-fixture.ts';
import { privatePostgresql } from './postgresql-fixture.ts';

const { run } = scripts();
const database = privatePostgresql();

/** Runs the body with a source of the private server. */
const ask = (body: string, options = '', more = {}) => run(withSource(database.source(options), body), more);

beforeAll(async () => {
  await database.run(`CREATE TYPE mood AS ENUM ('sad', 'happy')`);
  await database.run(`CREATE TABLE kinds (id INT PRIMARY KEY, yes BOOLEAN, small SMALLINT, big BIGINT, price NUMERIC(10,2), fine NUMERIC, real1 REAL,
    real2 DOUBLE PRECISION, endless DOUBLE PRECISION, name VARCHAR(40), doc JSONB, data BYTEA, day DATE, at TIMESTAMP, exact1 TIMESTAMP(3), zoned TIMESTAMPTZ,
    clock TIME, span INTERVAL, code UUID, flag BIT(1), mood mood, numbers INT[], names TEXT[], grid BIGINT[])`);
  await database.run(`INSERT INTO kinds VALUES (1, true, 200, 9007199254740993, 10.50, 12345678901234567890.0123456789, 1.1, 0.1, 'Infinity', 'é中😀',
    '{"a": 1}', '\\x00ff', '2026-01-02', '2026-01-02 03:04:05', '2026-01-02 03:04:05.12', '2026-01-02 03:04:05+09', '12:30:00', '1 day 2 hours',
    '00000000-0000-0000-0000-000000000001', B'1', 'happy', '{1,NULL,3}', ARRAY['a,b', 'c"d', 'NULL', NULL, 'e\\f', ''], '[0:1][1:2]={{1,2},{3,4}}')`);
  await database.run('INSERT INTO kinds (id) VALUES (2)');
  await database.run('CREATE TABLE t (id SERIAL PRIMARY KEY, name VARCHAR(60) UNIQUE)');
  await database.run('CREATE SCHEMA "Other"');
  await database.run('CREATE TABLE "Other".here AS SELECT 7 AS seven');
  await database.run(`CREATE FUNCTION doubled(a INT) RETURNS TABLE (twice INT) AS $$ SELECT a * 2 $$ LANGUAGE sql`);
}, 60_000);

test('values come as JSON has them, as those of MySQL do, whatever the server is set to', async () => {
  expect(await ask('return ds.execute("SELECT * FROM kinds ORDER BY id")')).toEqual([
    {
      id: 1,
      yes: true,
      small: 200,
      big: '9007199254740993',
      price: 10.5,
      fine: '12345678901234567890.0123456789',
      real1: 1.1,
      real2: 0.1,
      endless: 'Infinity',
      name: 'é中😀',
      doc: '{"a": 1}',
      data: 'AP8=',
      day: '2026-01-02',
      at: '2026-01-02 03:04:05',
      exact1: '2026-01-02 03:04:05.12',
      zoned: '2026-01-01 18:04:05',
      clock: '12:30:00',
      span: '1 day 02:00:00',
      code: '00000000-0000-0000-0000-000000000001',
      flag: true,
      mood: 'happy',
      numbers: [1, null, 3],
      names: ['a,b', 'c"d', 'NULL', null, 'e\\f', ''],
      grid: [
        [1, 2],
        [3, 4],
      ],
    },
    expect.objectContaining({ id: 2, yes: null, price: null, data: null, at: null, names: null }),
  ]);
});

test('values are bound, whatever is in them; what is no place for one is left alone', async () => {
  const hostile = `' OR 1=1; DROP TABLE t; -- "\\ ? $1`;
  const body = `ds.execute('DELETE FROM t');
    ds.execute('INSERT INTO t (name) VALUES (?)', ${JSON.stringify(hostile)});
    return [ds.execute('SELECT name FROM t WHERE name = ?', ${JSON.stringify(hostile)}),
      ds.execute("SELECT ? AS a, '?' AS b, ?::text AS c, $q$?$q$ AS \\"d?\\" /* ? /* ? */ */ -- ?", ${JSON.stringify(hostile)}, null),
      ds.execute('SELECT id FROM kinds ORDER BY id LIMIT ?', 1),
      ds.execute("SELECT ? + 1 AS n, ?::numeric AS f, ?::bool AS yes, '{\\"k\\": 1}'::jsonb ?? ? AS has", [41, 1.5, true, 'k'])]`;

  expect(await ask(body)).toEqual([
    [{ name: hostile }],
    [{ a: hostile, b: '?', c: null, 'd?': '?' }],
    [{ id: 1 }],
    [{ n: 42, f: 1.5, yes: true, has: true }],
  ]);
});

test('a statement without rows answers how many it changed, one with rows none as an empty list', async () => {
  const body = `ds.execute('DELETE FROM t');
    return [ds.execute("INSERT INTO t (name) VALUES ('a'), ('b')"), ds.execute("UPDATE t SET name = ? WHERE name = 'a'", 'c'),
      ds.execute('DELETE FROM t WHERE name = ? RETURNING name', 'b'), ds.execute('SELECT * FROM doubled(?)', 21), ds.execute('SELECT 1 AS one WHERE false'),
      ds.execute('CREATE TEMPORARY TABLE gone (a INT)'), ds.execute('/* nothing */')]`;

  expect(await ask(body)).toEqual([2, 1, [{ name: 'b' }], [{ twice: 42 }], [], 0, 0]);
});

test('one statement a call, with values or without', async () => {
  const body = `return refusal(function () { ds.execute('SELECT 1; DROP TABLE t') })`;

  expect(await ask(body)).toMatch(/multiple commands/);
});

test('as many values as places', async () => {
  const body = `return [refusal(function () { ds.execute('SELECT ?, ?', 1) }), ds.execute('SELECT 1 AS one')[0].one]`;

  expect(await ask(body)).toEqual([expect.stringMatching(/values of the statement/), 1]);
});

test('what the database refuses is an error of the script, in the database’s words', async () => {
  const body = `ds.execute('DELETE FROM t'); ds.execute("INSERT INTO t (name) VALUES ('x')");
    return [refusal(function () { ds.execute('SELECT * FROM nothing_there') }), refusal(function () { ds.execute("INSERT INTO t (name) VALUES ('x')") }),
    refusal(function () { ds.execute('COPY t FROM STDIN') }), ds.execute('SELECT 1 AS one')[0].one]`;

  expect(await ask(body)).toEqual([
    expect.stringMatching(/nothing_there.*42P01/),
    expect.stringMatching(/Key \(name\)=\(x\) already exists.*23505/),
    expect.stringMatching(/COPY/),
    1,
  ]);
});

test('a transaction that is committed stays; one that is left open is rolled back with the call, and so is all else', async () => {
  const insert = `ds.execute('BEGIN'); ds.execute("INSERT INTO t (name) VALUES ('tx')");`;
  await ask(`ds.execute('DELETE FROM t'); ds.execute("SET TimeZone TO 'Asia/Tokyo'"); ds.execute("SET search_path TO nothing");
    ds.execute('SELECT pg_advisory_lock(1)')`);
  await ask(insert);
  expect(await database.run('SELECT name FROM t')).toEqual([]);
  expect(await database.run('SELECT COUNT(*)::int AS n FROM pg_locks WHERE locktype = $$advisory$$')).toEqual([
    { n: 0 },
  ]);
  expect(await ask(`return ds.execute('SHOW TimeZone')`)).toEqual([{ TimeZone: 'UTC' }]);
  await ask(`${insert} ds.execute('COMMIT')`);
  expect(await database.run('SELECT name FROM t')).toEqual([{ name: 'tx' }]);
});

test('calls one after the other share a session', async () => {
  const body = `return ds.execute('SELECT pg_backend_pid() AS id')[0].id`;

  expect(await ask(body)).toBe(await ask(body));
});

test('a wrong password is refused, and a user is needed', async () => {
  const body = `return refusal(function () { ds.execute('SELECT 1') })`;

  expect(await run(withSource({ ...database.source(), password: 'wrong' }, body))).toContain(
    'password authentication failed for user "master"',
  );
  expect(await run(withSource({ ...database.source(), user: '' }, body))).toContain('needs a user');
});

test('a statement that takes too long is ended, in the database too', async () => {
  const body = `return [refusal(function () { ds.execute('SELECT pg_sleep(30)') }), ds.execute('SELECT 1 AS one')]`;

  expect(await ask(body, '?socketTimeout=1')).toEqual(['the statement was ended after 1000 ms', [{ one: 1 }]]);
  expect(await isAsleep()).toBe(false);
});

async function isAsleep(): Promise<boolean> {
  const sleepers = `SELECT COUNT(*)::int AS n FROM pg_stat_activity WHERE query LIKE '%pg_sleep(30)%' AND state = 'active' AND pid <> pg_backend_pid()`;

  return (await database.run(sleepers))[0]?.['n'] !== 0;
}

test('a result of more than 5 MB is refused, and the script goes on', async () => {
  const body = `return [refusal(function () { ds.execute("SELECT repeat('x', 1000000) AS x FROM generate_series(1, 10)") }), ds.execute('SELECT 1 AS one')]`;

  expect(await ask(body)).toEqual(['the result is larger than 5 MB: ask for fewer rows or columns', [{ one: 1 }]]);
});

test('a value that would not fit into memory is given up on its way', async () => {
  const body = `return [refusal(function () { ds.execute("SELECT repeat('x', 70000000) AS x") }), ds.execute('SELECT 1 AS one')]`;

  expect(await ask(body)).toEqual([expect.stringContaining('larger than a function can hold'), [{ one: 1 }]]);
});

test.each([
  ['', true],
  ['?sslmode=disable', false],
  ['?sslmode=require', true],
])('with %p in the URL the connection is encrypted: %p', async (options, encrypted) => {
  const body = 'return ds.execute("SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()")';

  expect(await ask(body, options)).toEqual([{ ssl: encrypted }]);
});

test.each(['?sslmode=verify-ca', '?sslmode=verify-full', '?ssl=true'])(
  'with %p in the URL a certificate that nobody vouches for is refused',
  async (options) => {
    expect(await ask(`return refusal(function () { ds.execute('SELECT 1') })`, options)).toContain(
      'self-signed certificate',
    );
  },
);

test('options of the URL: the schema, the name of the application, and those that mean nothing here', async () => {
  const body = `return [ds.execute('SELECT seven FROM here'), ds.execute('SHOW application_name'), ds.execute('SHOW search_path')]`;

  expect(
    await ask(body, '?currentSchema=%22Other%22,PUBLIC&ApplicationName=till&prepareThreshold=0&stringtype=unspecified'),
  ).toEqual([[{ seven: 7 }], [{ application_name: 'till' }], [{ search_path: '"Other", public' }]]);
});

test.each([
  ['jdbc:postgresql://127.0.0.1:1/x', 'ECONNREFUSED'],
  ['jdbc:postgresql://nothing.invalid/x', 'there is no host nothing.invalid'],
  ['jdbc:postgresql://169.254.169.254/x', 'link-local'],
])('%p is an error the script may catch', async (url, message) => {
  const source = { type: 'postgresql', url, user: 'u', password: 'p' };

  expect(await run(withSource(source, `return refusal(function () { ds.execute('SELECT 1') })`))).toContain(message);
});
