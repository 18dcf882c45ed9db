import {
  BatchExecuteStatementCommand,
  BeginTransactionCommand,
  CommitTransactionCommand,
  ExecuteStatementCommand,
  type ExecuteStatementCommandInput,
  type Field,
  RDSDataClient,
  RollbackTransactionCommand,
  type SqlParameter,
} from '@aws-sdk/client-rds-data';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { createDataApi } from '../../local/data-api/engine.ts';
import type { MysqlCluster } from '../../local/engines.ts';
import { createMysqlEngine } from '../../local/mysql/engine.ts';
import { createSecretsEngine } from '../../local/secrets/engine.ts';
import { type Endpoint, endpoint } from './endpoint.ts';

const PASSWORD = 'it\'s "quite" \\ secret';
const definition = {
  identifier: 'test',
  database: 'integration',
  masterUsername: 'master',
  masterPassword: PASSWORD,
  parameters: {
    sql_mode: 'STRICT_ALL_TABLES,ONLY_FULL_GROUP_BY',
    collation_server: 'utf8mb4_unicode_ci',
    time_zone: 'UTC',
    innodb_lock_wait_timeout: '1',
  },
  dataApiEnabled: true,
};

let aws: Endpoint;
let client: RDSDataClient;
let cluster: MysqlCluster;
let source: { resourceArn: string; secretArn: string; database: string };

beforeAll(async () => {
  aws = await endpoint({
    secrets: createSecretsEngine,
    mysql: createMysqlEngine,
    dataApi: (host) => createDataApi(host, { limits: { statementMillis: 700, transactionIdleMillis: 300 } }),
  });
  const { mysql, secrets } = aws.host.engines;
  cluster = await mysql.applyCluster(definition);
  const secret = await secrets.put('master', JSON.stringify({ username: 'master', password: PASSWORD }));
  source = { resourceArn: cluster.arn, secretArn: secret.arn, database: 'integration' };
  client = new RDSDataClient(aws.client);
}, 60_000);

afterAll(async () => {
  client?.destroy();
  await aws?.stop();
}, 60_000);

type Extra = Partial<ExecuteStatementCommandInput>;

const run = (sql: string, parameters: SqlParameter[] = [], extra: Extra = {}) =>
  client.send(new ExecuteStatementCommand({ ...source, sql, parameters, ...extra }));
const rows = async (sql: string, parameters: SqlParameter[] = [], extra: Extra = {}) =>
  JSON.parse((await run(sql, parameters, { formatRecordsAs: 'JSON', ...extra })).formattedRecords ?? 'null');
const refusal = (call: Promise<unknown>): Promise<{ name: string; message: string }> =>
  call.then(
    () => ({ name: 'none', message: '' }),
    ({ name, message }) => ({ name, message }),
  );
const begin = async () => (await client.send(new BeginTransactionCommand(source))).transactionId as string;
const text = (name: string, stringValue: string): SqlParameter => ({ name, value: { stringValue } });
const long = (name: string, longValue: number): SqlParameter => ({ name, value: { longValue } });

beforeEach(async () => {
  await run(
    'CREATE OR REPLACE TABLE t (Id INT AUTO_INCREMENT PRIMARY KEY, Name VARCHAR(20) NOT NULL, Amount DECIMAL(10,2))',
  );
});

describe('parameters', () => {
  test.each<[string, SqlParameter['value'], SqlParameter['typeHint'], unknown]>([
    ['text with quotes, backslashes and other scripts', { stringValue: `'"\\\n%_ 字 😀` }, undefined, `'"\\\n%_ 字 😀`],
    ['a whole number', { longValue: 9007199254740991 }, undefined, 9007199254740991],
    ['a negative number', { longValue: -1 }, undefined, -1],
    ['a fraction', { doubleValue: 0.1 }, undefined, 0.1],
    ['nothing', { isNull: true }, undefined, null],
    ['a date', { stringValue: '2026-02-28' }, 'DATE', '2026-02-28'],
    ['a decimal', { stringValue: '12345678901234567890.12' }, 'DECIMAL', '12345678901234567890.12'],
    ['JSON', { stringValue: '{"a":[1]}' }, 'JSON', '{"a":[1]}'],
  ])('%s comes back as it was given', async (_, value, typeHint, expected) => {
    const parameter = { name: 'x', value, ...(typeHint !== undefined && { typeHint }) } as SqlParameter;

    expect(await rows('SELECT :x AS x', [parameter])).toEqual([{ x: expected }]);
  });

  test('bytes come back as bytes, whatever they are', async () => {
    const bytes = new Uint8Array(Array.from({ length: 256 }, (_, index) => index));
    await run('CREATE OR REPLACE TABLE b (Body BLOB)');
    await run('INSERT INTO b VALUES (:body)', [{ name: 'body', value: { blobValue: bytes } }]);

    const { records } = await run('SELECT Body FROM b');
    expect(records).toEqual([[{ blobValue: bytes }]]);
  });

  test('names in strings, comments and after @ are left alone, and a name may repeat', async () => {
    const sql = `SELECT ':x' AS a, ":x" AS b, :x /* :x */ AS c, @v := :x AS d -- :x\n # :x\n , \`:x\` FROM (SELECT 1 AS \`:x\`) t`;

    expect(await rows(sql, [long('x', 7)])).toEqual([{ a: ':x', b: ':x', c: 7, d: 7, ':x': 1 }]);
  });

  test('a whole number can be a LIMIT', async () => {
    expect(await rows('SELECT 1 AS one LIMIT :n', [long('n', 1)])).toEqual([{ one: 1 }]);
  });

  test('a true value is 1', async () => {
    expect(await rows('SELECT 1 + :yes AS n', [{ name: 'yes', value: { booleanValue: true } }])).toEqual([{ n: 2 }]);
  });

  test('text is compared as the server compares it', async () => {
    expect(await rows("SELECT :a = 'STRASSE' AS same", [text('a', 'straße')])).toEqual([{ same: 1 }]);
  });

  test.each<[string, SqlParameter[], string, string]>([
    ['SELECT :x', [], 'BadRequestException', 'Cannot find parameter: x'],
    ['SELECT ?', [], 'BadRequestException', 'Positional parameters are not supported'],
    [
      'SELECT :x',
      [{ name: 'x', value: { arrayValue: { longValues: [1] } } }],
      'ValidationException',
      'Array parameters',
    ],
    [
      'SELECT :x',
      [{ name: 'x', value: { stringValue: '2026-02-30' }, typeHint: 'DATE' }],
      'BadRequestException',
      'YYYY-MM-DD',
    ],
    [
      'SELECT :x',
      [{ name: 'x', value: { stringValue: '2026-01-01T00:00:00Z' }, typeHint: 'TIMESTAMP' }],
      'BadRequestException',
      'YYYY-MM-DD HH:MM:SS',
    ],
    ['SELECT :x', [{ name: 'x', value: { longValue: 1.5 } }], 'BadRequestException', 'whole number'],
  ])('%s with %j is refused', async (sql, parameters, name, message) => {
    const refused = await refusal(run(sql, parameters));

    expect(refused.name).toBe(name);
    expect(refused.message).toContain(message);
  });

  test('a parameter is a value, never a piece of the statement', async () => {
    await run('INSERT INTO t (Name) VALUES (:name)', [text('name', "'); DROP TABLE t; --")]);

    expect(await rows('SELECT Name FROM t')).toEqual([{ Name: "'); DROP TABLE t; --" }]);
  });
});

describe('results', () => {
  const TYPES: [column: string, literal: string, field: Field, plain: unknown, typeName: string][] = [
    ['TINYINT', '-5', { longValue: -5 }, -5, 'TINYINT'],
    ['TINYINT(1)', '1', { booleanValue: true }, true, 'BIT'],
    ['BIT(1)', "b'0'", { booleanValue: false }, false, 'BIT'],
    ['SMALLINT UNSIGNED', '65535', { longValue: 65535 }, 65535, 'SMALLINT UNSIGNED'],
    ['INT', '-2147483648', { longValue: -2147483648 }, -2147483648, 'INT'],
    ['BIGINT', '9007199254740991', { longValue: 9007199254740991 }, 9007199254740991, 'BIGINT'],
    ['FLOAT', '1.1', { doubleValue: 1.1 }, 1.1, 'FLOAT'],
    ['DOUBLE', '1e300', { doubleValue: 1e300 }, 1e300, 'DOUBLE'],
    ['DECIMAL(10,2)', '10.50', { stringValue: '10.50' }, '10.50', 'DECIMAL'],
    ['DATE', "'2026-01-02'", { stringValue: '2026-01-02' }, '2026-01-02', 'DATE'],
    ['TIME(3)', "'-100:00:00.5'", { stringValue: '-100:00:00.500' }, '-100:00:00.500', 'TIME'],
    ['DATETIME', "'2026-01-02 00:00:00'", { stringValue: '2026-01-02 00:00:00' }, '2026-01-02 00:00:00', 'DATETIME'],
    [
      'DATETIME(3)',
      "'2026-01-02 03:04:05'",
      { stringValue: '2026-01-02 03:04:05.000' },
      '2026-01-02 03:04:05.000',
      'DATETIME',
    ],
    [
      'DATETIME(6)',
      "'2026-01-02 03:04:05.1'",
      { stringValue: '2026-01-02 03:04:05.100000' },
      '2026-01-02 03:04:05.100000',
      'DATETIME',
    ],
    ['TIMESTAMP', "'2026-01-02 03:04:05'", { stringValue: '2026-01-02 03:04:05' }, '2026-01-02 03:04:05', 'TIMESTAMP'],
    ['YEAR', '2026', { stringValue: '2026' }, '2026', 'YEAR'],
    ['CHAR(5)', "'ü'", { stringValue: 'ü' }, 'ü', 'CHAR'],
    ['VARCHAR(5)', "'😀'", { stringValue: '😀' }, '😀', 'VARCHAR'],
    ['VARCHAR(5) CHARACTER SET ascii', "'a'", { stringValue: 'a' }, 'a', 'VARCHAR'],
    ['TINYTEXT', "'t'", { stringValue: 't' }, 't', 'TINYTEXT'],
    ['TEXT', "'t'", { stringValue: 't' }, 't', 'TEXT'],
    ['MEDIUMTEXT', "'t'", { stringValue: 't' }, 't', 'MEDIUMTEXT'],
    ['LONGTEXT', "'t'", { stringValue: 't' }, 't', 'LONGTEXT'],
    ['JSON', `'{"a":"\\\\""}'`, { stringValue: '{"a":"\\""}' }, '{"a":"\\""}', 'JSON'],
    ["ENUM('x','y')", "'y'", { stringValue: 'y' }, 'y', 'ENUM'],
    ["SET('x','y')", "'x,y'", { stringValue: 'x,y' }, 'x,y', 'SET'],
    ['BINARY(2)', "x'00ff'", { blobValue: new Uint8Array([0, 255]) }, 'AP8=', 'BINARY'],
    ['VARBINARY(5)', "x'00ff'", { blobValue: new Uint8Array([0, 255]) }, 'AP8=', 'VARBINARY'],
    ['BLOB', "x'00ff'", { blobValue: new Uint8Array([0, 255]) }, 'AP8=', 'BLOB'],
    ['LONGBLOB', "x'00ff'", { blobValue: new Uint8Array([0, 255]) }, 'AP8=', 'LONGBLOB'],
  ];

  test('every type comes as the Data API types it, prepared or not', async () => {
    await run(`CREATE OR REPLACE TABLE types (${TYPES.map(([type], index) => `c${index} ${type}`).join(', ')})`);
    await run(`INSERT INTO types VALUES (${TYPES.map(([, literal]) => literal).join(', ')})`);
    await run('INSERT INTO types () VALUES ()');

    for (const [where, parameters] of [
      ['1 = 1', []],
      ['1 = :one', [long('one', 1)]],
    ] as [string, SqlParameter[]][]) {
      const sql = `SELECT * FROM types WHERE ${where} ORDER BY c0 DESC`;
      const { records, columnMetadata } = await run(sql, parameters, { includeResultMetadata: true });

      expect(records?.[0]).toEqual(TYPES.map(([, , field]) => field));
      expect(records?.[1]?.filter((field) => field.isNull !== true && field.stringValue === undefined)).toEqual([]);
      expect(columnMetadata?.map(({ typeName }) => typeName)).toEqual(TYPES.map(([, , , , name]) => name));
      expect((await rows(sql, parameters))[0]).toEqual(
        Object.fromEntries(TYPES.map(([, , , plain], index) => [`c${index}`, plain])),
      );
    }
  });

  test('metadata says where a column comes from', async () => {
    const { columnMetadata } = await run('SELECT Id AS i, Amount FROM t', [], { includeResultMetadata: true });

    expect(columnMetadata).toEqual([
      expect.objectContaining({
        label: 'i',
        name: 'Id',
        tableName: 't',
        schemaName: 'integration',
        isAutoIncrement: true,
        nullable: 0,
        type: 4,
      }),
      expect.objectContaining({
        label: 'Amount',
        name: 'Amount',
        precision: 10,
        scale: 2,
        nullable: 1,
        type: 3,
        isSigned: true,
      }),
    ]);
  });

  test('options say how decimals and large numbers come', async () => {
    const { records } = await run('SELECT 1.5 AS d, CAST(3 AS DECIMAL(3)) AS w, 9223372036854775807 AS n', [], {
      resultSetOptions: { decimalReturnType: 'DOUBLE_OR_LONG', longReturnType: 'STRING' },
    });

    expect(records).toEqual([[{ doubleValue: 1.5 }, { longValue: 3 }, { stringValue: '9223372036854775807' }]]);
  });

  test('the same label twice is fine for records and refused for JSON', async () => {
    expect((await run('SELECT 1 AS a, 2 AS a')).records).toEqual([[{ longValue: 1 }, { longValue: 2 }]]);
    expect((await refusal(rows('SELECT 1 AS a, 2 AS a'))).name).toBe('UnsupportedResultException');
  });

  test('an empty result is empty, not absent', async () => {
    expect(await rows('SELECT * FROM t')).toEqual([]);
    expect((await run('SELECT * FROM t')).records).toEqual([]);
  });

  test('changed rows are counted and generated keys are told', async () => {
    const inserted = await run("INSERT INTO t (Name) VALUES ('a'), ('b')");
    const updated = await run("UPDATE t SET Name = 'c'");

    expect(inserted).toMatchObject({
      numberOfRecordsUpdated: 2,
      generatedFields: [{ longValue: 1 }, { longValue: 2 }],
    });
    expect(updated).toMatchObject({ numberOfRecordsUpdated: 2, generatedFields: [] });
  });

  test('a result of more than 1 MiB, or a row of more than 64 KB, ends the call and not the transaction', async () => {
    const transactionId = await begin();
    const many = run('SELECT REPEAT("x", 1000) AS x FROM seq_1_to_2000', [], { transactionId });
    expect(await refusal(many)).toEqual({
      name: 'BadRequestException',
      message: 'Database returned more than the allowed response size limit',
    });
    const wide = run('SELECT REPEAT("x", 65537) AS x', [], { transactionId });
    expect((await refusal(wide)).message).toContain('64 KB');

    expect(await rows('SELECT 1 AS one', [], { transactionId })).toEqual([{ one: 1 }]);
    await client.send(new RollbackTransactionCommand({ ...source, transactionId }));
  });
});

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
    const { secrets } = aws.host.engines;
    const wrong = await secrets.put('wrong', JSON.stringify({ username: 'master', password: 'wrong' }));
    const broken = await secrets.put('broken', 'no json');
    const named = async (extra: Extra) => (await refusal(run('SELECT 1', [], extra))).name;

    expect(await named({ schema: 'x' })).toBe('ValidationException');
    expect(await named({ resourceArn: `${cluster.arn}-other` })).toBe('NotFoundException');
    expect(await named({ secretArn: 'arn:aws:secretsmanager:us-east-1:000000000000:secret:none-AAAAAA' })).toBe(
      'SecretsErrorException',
    );
    expect(await named({ secretArn: broken.arn })).toBe('InvalidSecretException');
    expect(await named({ secretArn: wrong.arn })).toBe('InvalidSecretException');
    expect(await named({ database: 'nowhere' })).toBe('DatabaseErrorException');
  });

  test('a cluster without the endpoint is refused', async () => {
    await aws.host.engines.mysql.applyCluster({ ...definition, dataApiEnabled: false });
    expect((await refusal(run('SELECT 1'))).name).toBe('HttpEndpointNotEnabledException');

    await aws.host.engines.mysql.applyCluster(definition);
    expect((await refusal(run('SELECT 1'))).name).toBe('none');
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
    client.send(new BatchExecuteStatementCommand({ ...source, sql, parameterSets, ...extra }));

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
    await client.send(new RollbackTransactionCommand({ ...source, transactionId }));

    expect(await rows('SELECT * FROM t')).toEqual([]);
  });
});

describe('transactions', () => {
  test('what is committed stays, what is rolled back does not, and nobody sees it before', async () => {
    const [one, other] = [await begin(), await begin()];
    await run("INSERT INTO t (Name) VALUES ('kept')", [], { transactionId: one });
    await run("INSERT INTO t (Name) VALUES ('dropped')", [], { transactionId: other });
    expect(await rows('SELECT Name FROM t')).toEqual([]);

    const committed = await client.send(new CommitTransactionCommand({ ...source, transactionId: one }));
    const rolledBack = await client.send(new RollbackTransactionCommand({ ...source, transactionId: other }));

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
    await client.send(new CommitTransactionCommand({ ...source, transactionId }));
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
    const other = await aws.host.engines.secrets.put(
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
    await client.send(new CommitTransactionCommand({ ...source, transactionId }));
    expect(await named({ transactionId })).toBe('TransactionNotFoundException');
  });
});

describe('permissions', () => {
  test('a call needs the cluster and the secret', async () => {
    const before = aws.asked.length;
    await run('SELECT 1');

    expect(aws.asked.slice(before)).toEqual([
      { action: 'rds-data:ExecuteStatement', resource: source.resourceArn },
      { action: 'secretsmanager:GetSecretValue', resource: source.secretArn },
    ]);
  });

  test('without the secret there is no statement', async () => {
    aws.denied.add('secretsmanager:GetSecretValue');
    expect((await refusal(run('SELECT 1'))).name).toBe('AccessDeniedException');
    aws.denied.clear();
  });

  test('the master may do everything in the database and nothing outside of it', async () => {
    expect((await refusal(run("SELECT 1 INTO OUTFILE '/tmp/x'"))).message).toContain('1227');
    expect((await refusal(run('SHUTDOWN'))).message).toContain('1227');
    await run("CREATE USER IF NOT EXISTS 'api'@'%' IDENTIFIED BY 'password'");
    await run("GRANT ALL PRIVILEGES ON integration.* TO 'api'@'%' WITH GRANT OPTION");
  });
});

async function until<T>(read: () => Promise<T>, done: (value: T) => boolean): Promise<T> {
  for (;;) {
    const value = await read();
    if (done(value)) return value;
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}
