import { type Field, RollbackTransactionCommand, type SqlParameter } from '@aws-sdk/client-rds-data';
import { describe, expect, test } from '@jest/globals';
import { dataApi, long, refusal, text } from './data-api.ts';

const api = dataApi();
const { run, rows, begin } = api;

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
    await api.client.send(new RollbackTransactionCommand({ ...api.source, transactionId }));
  });
});
