import { beforeAll, expect, test } from '@jest/globals';
import { scripts, withSource } from '../script/script-fixture.ts';
import { privateMysql } from './mysql-fixture.ts';

const { run } = scripts();
const database = privateMysql();

/** Both ways into a MySQL: what a script sees is the same. */
const WAYS = [
  ['the driver', () => database.direct()],
  ["the platform's database", () => database.platform()],
] as const;

beforeAll(async () => {
  await database.run(`CREATE TABLE kinds (Id INT PRIMARY KEY, Tiny TINYINT(1), Small TINYINT UNSIGNED, Big BIGINT, Huge BIGINT UNSIGNED,
    Price DECIMAL(10,2), Fine DECIMAL(30,10), Real1 FLOAT, Real2 DOUBLE, Name VARCHAR(40), Doc JSON, Data BLOB, Day DATE, At DATETIME,
    Exact1 DATETIME(3), Clock TIME, Y YEAR, Flag BIT(1), Kind ENUM('a','b')) DEFAULT CHARSET utf8mb4`);
  await database.run(`INSERT INTO kinds VALUES (1, 1, 200, 9007199254740993, 18446744073709551615, 10.50, 12345678901234567890.0123456789, 1.1, 0.1,
    'é中😀', '{"a":1}', X'00ff', '2026-01-02', '2026-01-02 03:04:05', '2026-01-02 03:04:05.120', '12:30:00', 2026, b'1', 'b')`);
  await database.run('INSERT INTO kinds (Id) VALUES (2)');
  await database.run(`CREATE PROCEDURE doubled (IN a INT) BEGIN SELECT a * 2 AS twice; SELECT 'second'; END`);
  await database.run('CREATE TABLE t (Id INT AUTO_INCREMENT PRIMARY KEY, Name VARCHAR(20))');
}, 60_000);

test.each(WAYS)('%s: values come as JSON has them, and lose no digit', async (_way, source) => {
  expect(await run(withSource(source(), `return ds.execute('SELECT * FROM kinds ORDER BY Id')`))).toEqual([
    {
      Id: 1,
      Tiny: true,
      Small: 200,
      Big: '9007199254740993',
      Huge: '18446744073709551615',
      Price: 10.5,
      Fine: '12345678901234567890.0123456789',
      Real1: 1.1,
      Real2: 0.1,
      Name: 'é中😀',
      Doc: '{"a":1}',
      Data: 'AP8=',
      Day: '2026-01-02',
      At: '2026-01-02 03:04:05',
      Exact1: '2026-01-02 03:04:05.120',
      Clock: '12:30:00',
      Y: 2026,
      Flag: true,
      Kind: 'b',
    },
    expect.objectContaining({ Id: 2, Tiny: null, Price: null, Data: null, At: null }),
  ]);
});

test.each(WAYS)('%s: a prepared statement answers the same as a plain one', async (_way, source) => {
  const plain = await run(withSource(source(), `return ds.execute('SELECT * FROM kinds ORDER BY Id')`));

  expect(
    await run(withSource(source(), `return ds.execute('SELECT * FROM kinds WHERE Id > ? ORDER BY Id', 0)`)),
  ).toEqual(plain);
});

test.each(WAYS)('%s: values are bound, whatever is in them', async (_way, source) => {
  const hostile = `' OR 1=1; DROP TABLE t; -- "\\ ? :p1`;
  const body = `ds.execute('DELETE FROM t');
    ds.execute('INSERT INTO t (Name) VALUES (?)', ${JSON.stringify(hostile.slice(0, 20))});
    return [ds.execute('SELECT Name FROM t WHERE Name = ?', ${JSON.stringify(hostile.slice(0, 20))}),
      ds.execute("SELECT ? AS a, '?' AS b, ? AS c /* ? */", ${JSON.stringify(hostile)}, null),
      ds.execute('SELECT Id FROM kinds ORDER BY Id LIMIT ?', 1),
      ds.execute('SELECT ? + 1 AS n, ? AS f, ? AS yes', [41, 1.5, true])]`;

  expect(await run(withSource(source(), body))).toEqual([
    [{ Name: hostile.slice(0, 20) }],
    [{ a: hostile, b: '?', c: null }],
    [{ Id: 1 }],
    [{ n: 42, f: 1.5, yes: 1 }],
  ]);
});

test.each(WAYS)(
  '%s: a statement without rows answers how many it changed; a procedure its first result',
  async (_way, source) => {
    const body = `ds.execute('DELETE FROM t');
    return [ds.execute("INSERT INTO t (Name) VALUES ('a'), ('b')"), ds.execute("UPDATE t SET Name = ? WHERE Name = 'a'", 'c'),
      ds.execute('DELETE FROM t'), ds.execute('CALL doubled(?)', 21), ds.execute('SELECT 1 AS one WHERE 1 = 0')]`;

    expect(await run(withSource(source(), body))).toEqual([2, 1, 2, [{ twice: 42 }], []]);
  },
);

test.each(WAYS)('%s: one statement a call', async (_way, source) => {
  const body = `return refusal(function () { ds.execute('SELECT 1; DROP TABLE t') })`;

  expect(await run(withSource(source(), body))).toMatch(/syntax|multi/i);
  expect(await database.run('SELECT COUNT(*) AS n FROM t')).toBeTruthy();
});

test.each(WAYS)('%s: as many values as places', async (_way, source) => {
  const body = `return [refusal(function () { ds.execute('SELECT ?, ?', 1) }), ds.execute('SELECT 1 AS one')[0].one]`;

  expect(await run(withSource(source(), body))).toEqual([expect.stringMatching(/values of the statement/), 1]);
});

test.each(WAYS)(
  '%s: what the database refuses is an error of the script, in the database’s words',
  async (_way, source) => {
    const body = `return [refusal(function () { ds.execute('SELECT * FROM nothing_there') }), ds.execute('SELECT 1 AS one')[0].one]`;

    expect(await run(withSource(source(), body))).toEqual([expect.stringContaining('nothing_there'), 1]);
  },
);

test.each(WAYS)(
  '%s: a transaction that is committed stays; one that is left open is rolled back with the call',
  async (_way, source) => {
    const insert = `ds.execute('START TRANSACTION'); ds.execute("INSERT INTO t (Name) VALUES ('tx')");`;
    await run(withSource(source(), `ds.execute('DELETE FROM t')`));
    await run(withSource(source(), insert));
    expect(await database.run('SELECT Name FROM t')).toEqual([]);
    await run(withSource(source(), `${insert} ds.execute('ROLLBACK')`));
    expect(await database.run('SELECT Name FROM t')).toEqual([]);
    await run(withSource(source(), `${insert} ds.execute('COMMIT')`));
    expect(await database.run('SELECT Name FROM t')).toEqual([{ Name: 'tx' }]);
  },
);

test.each(WAYS)('%s: a wrong password is refused', async (_way, source) => {
  const body = `return refusal(function () { ds.execute('SELECT 1') })`;

  expect(await run(withSource({ ...source(), password: 'wrong' }, body))).toContain("Access denied for user 'master'");
});

test.each(WAYS)('%s: a statement has the time of its call, and no more', async (_way, source) => {
  const body = `return refusal(function () { ds.execute('SELECT SLEEP(20)') })`;
  const startedAt = performance.now();

  expect(await run(withSource(source(), body), { remainingMs: 2500 })).toMatch(/after \d+ ms/);
  expect(performance.now() - startedAt).toBeLessThan(6000);
});

test('a statement that takes too long is ended in the database too', async () => {
  const source = database.direct('?socketTimeout=500&connectTimeout=2000');
  const body = `return [refusal(function () { ds.execute('SELECT SLEEP(30)') }), ds.execute('SELECT 1 AS one')]`;

  expect(await run(withSource(source, body))).toEqual(['the statement was ended after 500 ms', [{ one: 1 }]]);
  const left = await database.run(
    `SELECT COUNT(*) AS n FROM information_schema.PROCESSLIST WHERE INFO LIKE 'SELECT SLEEP(30)%'`,
  );
  expect(left).toEqual([{ n: 0 }]);
});

test('a result of more than 5 MB is refused, and the script goes on', async () => {
  const body = `return [refusal(function () { ds.execute("SELECT REPEAT('x', 1000000) AS x FROM seq_1_to_10") }), ds.execute('SELECT 1 AS one')]`;

  expect(await run(withSource(database.direct(), body))).toEqual([
    'the result is larger than 5 MB: ask for fewer rows or columns',
    [{ one: 1 }],
  ]);
});

test('options of the URL: tinyInt1isBit, zeroDateTimeBehavior, and those that mean nothing here', async () => {
  const query =
    '?useSSL=false&allowPublicKeyRetrieval=true&useUnicode=true&characterEncoding=utf8&serverTimezone=UTC&autoReconnect=true';
  const plain = withSource(database.direct(query), `return ds.execute('SELECT Tiny FROM kinds WHERE Id = 1')[0].Tiny`);
  const number = withSource(
    database.direct('?tinyInt1isBit=false&zeroDateTimeBehavior=convertToNull'),
    `return ds.execute("SELECT Tiny, CAST('0000-00-00' AS DATE) AS d FROM kinds WHERE Id = 1")[0]`,
  );

  expect(await run(plain)).toBe(true);
  expect(await run(number)).toMatchObject({ Tiny: 1, d: null });
  expect(
    await run(
      withSource(
        database.platform('?tinyInt1isBit=false'),
        `return ds.execute('SELECT Tiny FROM kinds WHERE Id = 1')[0].Tiny`,
      ),
    ),
  ).toBe(1);
});

test('encryption that a URL asks for and a server does not have is a failure that says so', async () => {
  const body = `return refusal(function () { ds.execute('SELECT 1') })`;

  expect(await run(withSource(database.direct('?sslMode=REQUIRED'), body))).toContain('does not encrypt');
});

test('user and password may stand in the URL', async () => {
  const password = encodeURIComponent(database.direct().password);
  const url = `jdbc:mariadb://master:${password}@localhost:${database.port}/integration`;

  expect(await run(withSource({ type: 'mysql', url }, `return ds.execute('SELECT 1 AS one')`))).toEqual([{ one: 1 }]);
});

test.each([
  [{ type: 'oracle', url: 'jdbc:oracle:thin:@h:1521:x' }, 'received "oracle"; allowed: mysql, postgresql or redis'],
  [{ type: 'mysql', url: 'jdbc:mysql://127.0.0.1:1/x' }, 'ECONNREFUSED'],
  [{ type: 'mysql', url: 'jdbc:mysql://nothing.invalid/x' }, 'there is no host nothing.invalid'],
  [{ type: 'mysql', url: 'jdbc:mysql://169.254.169.254/x' }, 'link-local'],
])('%p is an error the script may catch', async (source, message) => {
  expect(await run(withSource(source, `return refusal(function () { ds.execute('SELECT 1') })`))).toContain(message);
});

test("the platform's own endpoint is no source, though it is on this machine", async () => {
  const { port } = new URL(process.env['AWS_ENDPOINT_URL'] ?? '');
  const source = { type: 'mysql', url: `jdbc:mysql://localhost:${port}/x` };

  expect(await run(withSource(source, `return refusal(function () { ds.execute('SELECT 1') })`))).toContain(
    "the platform's own endpoint",
  );
});

test('a session of the platform’s database is not to be had: what would change it is refused', async () => {
  const body = `return ['SET SESSION sql_mode = ""', 'CREATE TEMPORARY TABLE x (a INT)', 'USE mysql', "SELECT GET_LOCK('a', 1)", 'LOCK TABLES t READ']
    .map(function (sql) { return refusal(function () { ds.execute(sql) }) })`;
  const answers = (await run(withSource(database.platform(), body))) as string[];

  expect(answers.filter((answer) => !answer.includes('has no session between statements'))).toEqual([]);
});
