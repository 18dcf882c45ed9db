import {
  BatchExecuteStatementCommand,
  CommitTransactionCommand,
  RollbackTransactionCommand,
  type SqlParameter,
} from '@aws-sdk/client-rds-data';
import { describe, expect, test } from '@jest/globals';
import { DEFINITION, dataApi, type Extra, long, refusal, text, until } from './data-api.ts';

const api = dataApi();
const { run, rows, begin } = api;

describe('statements', () => {
  test('one statement a call', async () => {
    expect(await refusal(run('SELECT 1; SELECT 2'))).toEqual({
      name: 'ValidationException',
      message: "Multistatements aren't supported",
    });
    expect(await rows("SELECT ';' AS x; -- done;")).toEqual([{ x: ';' }]);
  });

  test('a procedure is one statement, with what is in it', async () => {
    await run('CREATE OR REPLACE PROCEDURE two() BEGIN SELECT 1 AS one; SELECT 2 AS two; END');

    expect(await rows('CALL two()')).toEqual([{ one: 1 }]);
    expect(await rows('SELECT 3 AS three')).toEqual([{ three: 3 }]);
  });

  test.each<[string, string, RegExp]>([
    [
      'SELECT nothing FROM t',
      'DatabaseErrorException',
      /Unknown column 'nothing'.*; Error code: 1054; SQLState: 42S22/,
    ],
    ['SELEC 1', 'DatabaseErrorException', /Error code: 1064; SQLState: 42000/],
    ["INSERT INTO t (Name) VALUES ('far too long for twenty')", 'DatabaseErrorException', /Error code: 1406/],
    ["INSERT INTO t (Name) VALUES (:x, 'odd')", 'BadRequestException', /Cannot find parameter: x/],
    ['SELECT LOAD_FILE(1, 2)', 'DatabaseErrorException', /Error code: 1582|Error code: 1064/],
  ])("the database's own text and numbers are in the error of %j", async (sql, name, message) => {
    const refused = await refusal(run(sql));

    expect(refused.name).toBe(name);
    expect(refused.message).toMatch(message);
  });

  test('a statement has its time, and is killed then', async () => {
    const started = performance.now();

    expect((await refusal(run('SELECT SLEEP(20)'))).name).toBe('StatementTimeoutException');
    expect(performance.now() - started).toBeLessThan(5_000);
    const running =
      "SELECT COUNT(*) AS n FROM information_schema.processlist WHERE info LIKE '%SLEEP(20)%' AND id <> CONNECTION_ID()";
    await expect(
      until(
        () => rows(running),
        ([{ n }]) => n === 0,
      ),
    ).resolves.toEqual([{ n: 0 }]);
  });

  test('a statement that may go on does', async () => {
    const sql = "INSERT INTO t (Name) SELECT 'late' FROM (SELECT SLEEP(1)) s";
    expect((await refusal(run(sql, [], { continueAfterTimeout: true }))).name).toBe('StatementTimeoutException');

    await expect(
      until(
        () => rows('SELECT Name FROM t'),
        (found) => found.length === 1,
      ),
    ).resolves.toEqual([{ Name: 'late' }]);
  });

  test("a session's changes do not reach the next caller", async () => {
    await run("SET SESSION sql_mode = 'ANSI_QUOTES'");

    for (let call = 0; call < 5; call++) expect(await rows('SELECT "x" AS x')).toEqual([{ x: 'x' }]);
  });

  test('a schema, another cluster, a secret that is none: each is refused by its name', async () => {
    const { secrets } = api.aws.host.engines;
    const wrong = await secrets.put('wrong', JSON.stringify({ username: 'master', password: 'wrong' }));
    const broken = await secrets.put('broken', 'no json');
    const named = async (extra: Extra) => (await refusal(run('SELECT 1', [], extra))).name;

    expect(await named({ schema: 'x' })).toBe('ValidationException');
    expect(await named({ resourceArn: `${api.source.resourceArn}-other` })).toBe('NotFoundException');
    expect(await named({ secretArn: 'arn:aws:secretsmanager:us-east-1:000000000000:secret:none-AAAAAA' })).toBe(
      'SecretsErrorException',
    );
    expect(await named({ secretArn: broken.arn })).toBe('InvalidSecretException');
    expect(await named({ secretArn: wrong.arn })).toBe('InvalidSecretException');
    expect(await named({ database: 'nowhere' })).toBe('DatabaseErrorException');
  });

  test('a cluster without the endpoint is refused', async () => {
    await api.aws.host.engines.mysql.applyCluster({ ...DEFINITION, dataApiEnabled: false });
    expect((await refusal(run('SELECT 1'))).name).toBe('HttpEndpointNotEnabledException');

    await api.aws.host.engines.mysql.applyCluster(DEFINITION);
    expect((await refusal(run('SELECT 1'))).name).toBe('none');
  });

  test('a statement has at most 65,536 characters, and no parameter is a list', async () => {
    const list: SqlParameter = { name: 'ids', value: { arrayValue: { longValues: [1, 2] } } };

    expect(await rows(`SELECT 1 AS x ${' '.repeat(65_536 - 14)}`)).toEqual([{ x: 1 }]);
    expect((await refusal(run(`SELECT 1 AS x ${' '.repeat(65_536)}`))).name).toBe('ValidationException');
    expect(await refusal(run('SELECT 1 WHERE 1 IN (:ids)', [list]))).toEqual({
      name: 'ValidationException',
      message: 'Array parameters are not supported.',
    });
  });

  test('more callers than connections wait their turn', async () => {
    const answers = await Promise.all(Array.from({ length: 60 }, () => refusal(run('SELECT SLEEP(0.05)'))));

    expect(new Set(answers.map(({ name }) => name))).toEqual(new Set(['none']));
    expect(await rows('SELECT COUNT(*) <= 42 AS few FROM information_schema.processlist')).toEqual([{ few: 1 }]);
  });

  test('a request of more than 4 MiB is refused', async () => {
    expect((await refusal(run('SELECT LENGTH(:x) AS n', [text('x', 'x'.repeat(4 << 20))]))).name).toBe(
      'BadRequestException',
    );
    expect(await rows('SELECT LENGTH(:x) AS n', [text('x', 'x'.repeat(4_100_000))])).toEqual([{ n: 4_100_000 }]);
  });
});

test('the server runs with the parameters of the group', async () => {
  const variables = ['sql_mode', 'collation_server', 'collation_connection', 'time_zone', 'innodb_lock_wait_timeout'];

  expect(await rows(`SELECT ${variables.map((name) => `@@${name} AS ${name}`).join(', ')}`)).toEqual([
    {
      sql_mode: 'ONLY_FULL_GROUP_BY,STRICT_ALL_TABLES',
      collation_server: 'utf8mb4_unicode_ci',
      collation_connection: 'utf8mb4_unicode_ci',
      time_zone: '+00:00',
      innodb_lock_wait_timeout: 1,
    },
  ]);
});

describe('batches', () => {
  const batch = (sql: string, parameterSets: SqlParameter[][], extra = {}) =>
    api.client.send(new BatchExecuteStatementCommand({ ...api.source, sql, parameterSets, ...extra }));

  test('a statement runs once per set and tells the keys', async () => {
    const { updateResults } = await batch('INSERT INTO t (Name) VALUES (:n)', [[text('n', 'a')], [text('n', 'b')]]);

    expect(updateResults).toEqual([{ generatedFields: [{ longValue: 1 }] }, { generatedFields: [{ longValue: 2 }] }]);
  });

  test('a semicolon, a result, a missing parameter: refused', async () => {
    expect((await refusal(batch('DELETE FROM t;', []))).name).toBe('ValidationException');
    expect((await refusal(batch('SELECT 1', []))).name).toBe('DatabaseErrorException');
    expect((await refusal(batch('DELETE FROM t WHERE Id = :i', [[long('i', 1)], []]))).name).toBe(
      'BadRequestException',
    );
  });

  test('in a transaction a failure in the middle leaves nothing when it is rolled back', async () => {
    const transactionId = await begin();
    const sets = [[text('n', 'a')], [text('n', 'x'.repeat(30))]];
    expect((await refusal(batch('INSERT INTO t (Name) VALUES (:n)', sets, { transactionId }))).message).toContain(
      '1406',
    );
    await api.client.send(new RollbackTransactionCommand({ ...api.source, transactionId }));

    expect(await rows('SELECT * FROM t')).toEqual([]);
  });
});

describe('transactions', () => {
  test('what is committed stays, what is rolled back does not, and nobody sees it before', async () => {
    const [one, other] = [await begin(), await begin()];
    await run("INSERT INTO t (Name) VALUES ('kept')", [], { transactionId: one });
    await run("INSERT INTO t (Name) VALUES ('dropped')", [], { transactionId: other });
    expect(await rows('SELECT Name FROM t')).toEqual([]);

    const committed = await api.client.send(new CommitTransactionCommand({ ...api.source, transactionId: one }));
    const rolledBack = await api.client.send(new RollbackTransactionCommand({ ...api.source, transactionId: other }));

    expect([committed.transactionStatus, rolledBack.transactionStatus]).toEqual([
      'Transaction Committed',
      'Rollback Complete',
    ]);
    expect(await rows('SELECT Name FROM t')).toEqual([{ Name: 'kept' }]);
  });

  test('one statement at a time', async () => {
    const transactionId = await begin();
    const slow = run('SELECT SLEEP(0.3)', [], { transactionId });
    await until(
      () => rows("SELECT 1 AS x FROM information_schema.processlist WHERE info LIKE 'SELECT SLEEP(0.3)%'"),
      ({ length }) => length > 0,
    );

    expect(await refusal(run('SELECT 1', [], { transactionId }))).toEqual({
      name: 'DatabaseErrorException',
      message: 'Transaction is still running a query',
    });
    await slow;
    await api.client.send(new CommitTransactionCommand({ ...api.source, transactionId }));
  });

  test('a transaction nobody uses is rolled back and forgotten, and its rows are free', async () => {
    const transactionId = await begin();
    await run("INSERT INTO t (Name) VALUES ('forgotten')", [], { transactionId });
    const [{ id }] = await rows('SELECT CONNECTION_ID() AS id', [], { transactionId });

    const session = 'SELECT id FROM information_schema.processlist WHERE id = :id';
    await until(
      () => rows(session, [long('id', id)]),
      ({ length }) => length === 0,
    );
    expect((await refusal(run('SELECT 1', [], { transactionId }))).name).toBe('TransactionNotFoundException');
    expect(await rows('SELECT Name FROM t')).toEqual([]);
  });

  test("another user's transaction, an ended one and an invented one are not found", async () => {
    await run("CREATE USER IF NOT EXISTS 'other'@'%' IDENTIFIED BY 'password'");
    const other = await api.aws.host.engines.secrets.put(
      'other',
      JSON.stringify({ username: 'other', password: 'password' }),
    );
    const transactionId = await begin();
    const named = async (extra: Extra) => (await refusal(run('SELECT 1', [], extra))).name;

    expect(await named({ transactionId, secretArn: other.arn, database: undefined })).toBe(
      'TransactionNotFoundException',
    );
    expect(await named({ transactionId: 'AAAA' })).toBe('TransactionNotFoundException');
    expect(await named({ transactionId, database: 'mysql' })).toBe('BadRequestException');
    await api.client.send(new CommitTransactionCommand({ ...api.source, transactionId }));
    expect(await named({ transactionId })).toBe('TransactionNotFoundException');
  });
});

describe('permissions', () => {
  test('a call needs the cluster and the secret', async () => {
    const before = api.aws.asked.length;
    await run('SELECT 1');

    expect(api.aws.asked.slice(before)).toEqual([
      { action: 'rds-data:ExecuteStatement', resource: api.source.resourceArn },
      { action: 'secretsmanager:GetSecretValue', resource: api.source.secretArn },
    ]);
  });

  test('without the secret there is no statement', async () => {
    api.aws.denied.add('secretsmanager:GetSecretValue');
    expect((await refusal(run('SELECT 1'))).name).toBe('AccessDeniedException');
    api.aws.denied.clear();
  });

  test('the master may do everything in the database and nothing outside of it', async () => {
    expect((await refusal(run("SELECT 1 INTO OUTFILE '/tmp/x'"))).message).toContain('1227');
    expect((await refusal(run('SHUTDOWN'))).message).toContain('1227');
    await run("CREATE USER IF NOT EXISTS 'api'@'%' IDENTIFIED BY 'password'");
    await run("GRANT ALL PRIVILEGES ON integration.* TO 'api'@'%' WITH GRANT OPTION");
  });
});
