import { expect, test } from '@jest/globals';
import { RuleSqlFailure } from '../../../local/rules/errors.ts';
import { compileStatement, compileTemplate } from '../../../local/rules/sql/compile.ts';
import { Evaluation, type RuleMessage } from '../../../local/rules/sql/evaluation.ts';

const TRACE_ID = '12345678-1234-1234-1234-123456789012';

function message(payload: unknown, more: Partial<RuleMessage> = {}): RuleMessage {
  return {
    topic: 'product1/out/device1',
    payload: Buffer.isBuffer(payload) ? payload : Buffer.from(JSON.stringify(payload)),
    clientId: 'd1',
    principal: 'device1',
    timestamp: 1_700_000_000_000,
    traceId: TRACE_ID,
    ...more,
  };
}

function run(sql: string, payload: unknown = {}, more?: Partial<RuleMessage>): unknown {
  const output = compileStatement(sql).run(new Evaluation(message(payload, more)));

  return output === undefined ? undefined : JSON.parse(output.toString());
}

/** The value of one expression; absent keys are Undefined. */
function value(expression: string, payload: unknown = {}): unknown {
  return (run(`SELECT ${expression} AS x FROM 'a'`, payload) as { x?: unknown }).x;
}

test('the envelope of the platform holds the exact bytes, whatever they are', () => {
  const bytes = Buffer.from([0, 255, 254, 34, 92, 10]);
  const sql = `SELECT encode(*, 'base64') AS raw, topic(1) AS productId, topic(3) AS deviceId, clientid() AS clientId,
    timestamp() AS eventTime, traceid() AS traceId FROM 'product1/out/+'`;

  const envelope = run(sql, bytes);

  expect(envelope).toEqual({
    raw: bytes.toString('base64'),
    productId: 'product1',
    deviceId: 'device1',
    clientId: 'd1',
    eventTime: 1_700_000_000_000,
    traceId: TRACE_ID,
  });
  expect(compileStatement(sql).from).toBe('product1/out/+');
});

test('SELECT * alone passes the bytes on, JSON or not', () => {
  const bytes = Buffer.from([123, 32, 255]);

  expect(compileStatement("SELECT * FROM 'a'").run(new Evaluation(message(bytes)))).toEqual(bytes);
});

test.each([
  ["SELECT color FROM 'a'", { color: 'red' }],
  ["SELECT color AS c, nested.deep.er FROM 'a'", { c: 'red', er: 1 }],
  ["SELECT *, 15 AS speed FROM 'a'", { color: 'red', nested: { deep: { er: 1 } }, list: [1, { a: 2 }], speed: 15 }],
  ["SELECT color AS a.b, 1 AS a.c FROM 'a'", { a: { b: 'red', c: 1 } }],
  ["SELECT list[1].a AS second FROM 'a'", { second: 2 }],
  ["SELECT {'k': color, 'l': [1, nested]} AS o FROM 'a'", { o: { k: 'red', l: [1, { deep: { er: 1 } }] } }],
  ["SELECT absent, color FROM 'a'", { color: 'red' }],
  ["SELECT VALUE color FROM 'a'", 'red'],
  ["SELECT VALUE [1, color] FROM 'a'", [1, 'red']],
  ["select color as c from 'a' where color = 'red'", { c: 'red' }],
])('%s', (sql, expected) => {
  expect(run(sql, { color: 'red', nested: { deep: { er: 1 } }, list: [1, { a: 2 }] })).toEqual(expected);
});

test.each([
  ["color = 'red'", true],
  ["color = 'blue'", false],
  ['absent = 1', false],
  ['absent <> 1', false],
  ['NOT (absent = 1)', false],
  ['isUndefined(absent)', true],
  ["n > 4 AND n < 6 OR color = 'blue'", true],
  ["color = 'blue' OR n > 4 AND n < 5", false],
  ["'true'", true],
  ['1', false],
])('WHERE %s: %s', (where, held) => {
  expect(run(`SELECT 1 AS x FROM 'a' WHERE ${where}`, { color: 'red', n: 5 }) !== undefined).toBe(held);
});

test.each<[string, unknown]>([
  // Operators: iot-sql-operators.html
  ['1 + 2 * 3', 7],
  ['(1 + 2) * 3', 9],
  ['7 / 2', 3],
  ['7.5 / 2', 3.75],
  ['-7 / 2', -3],
  ['1 / 0', undefined],
  ['7 % 4', 3],
  ["'7' - '2.5'", 4.5],
  ["'x' - 1", undefined],
  ["'a' + 1", 'a1'],
  ["1 + 'a'", '1a'],
  ["'a' + absent", 'a'],
  ['1 + true', undefined],
  ["'10' > 9", true],
  ["'a' > 'b'", undefined],
  ['1 = 1.0', true],
  ["1 = '1'", false],
  ['[1, 2] = [1, 2]', true],
  ['[1, 2] <> [2, 1]', true],
  ["{'a': 1, 'b': 2} = {'b': 2, 'a': 1}", true],
  ['NULL = NULL', true],
  ['NULL <> NULL', false],
  ['NULL = 1', false],
  ["'TRUE' AND true", true],
  ["'yes' AND true", undefined],
  ['NOT false', true],
  ['- n', -5],
  ['-2 - -3', 1],
  // CASE
  ["CASE s WHEN 'a' THEN 1 WHEN 'b' THEN 2 END", 1],
  ["CASE s WHEN 'x' THEN 1 ELSE 2 END", 2],
  ["CASE s WHEN 'x' THEN 1 END", undefined],
  ['CASE absent WHEN 1 THEN 1 ELSE 2 END', undefined],
  // cast()
  ['cast(true AS Int)', 1],
  ["cast('5E-1' AS Decimal)", 0.5],
  ["cast('2.9' AS INTEGER)", 2],
  ['cast(0 AS Boolean)', false],
  ["cast('False' AS bool)", false],
  ['cast(12 AS nvarchar)', '12'],
  ['cast(NULL AS String)', undefined],
  // Functions, with the examples of iot-sql-functions.html
  ['abs(-5)', 5],
  ["abs('-5.123')", 5.123],
  ['abs(true)', undefined],
  ["accountid() + ''", '000000000000'],
  ['ceil(-1.2)', -1],
  ['concat()', undefined],
  ['concat(1)', 1],
  ['concat([1, 2, 3], 4)', [1, 2, 3, 4]],
  ["concat(1, 'hello')", '1hello'],
  ['concat(1, 2)', undefined],
  ["decode('eyAidGVtcGVyYXR1cmUiOiAzMyB9Cg==', 'base64').temperature", 33],
  ["decode('aGk=', 'base64')", 'hi'],
  ["decode('*', 'base64')", null],
  ["encode('hi', 'base64')", 'aGk='],
  ['encode(n, "base64")', 'NQ=='],
  ["endswith('cat', 'at')", true],
  ['floor(-1.2)', -2],
  ["get(['a', 'b'], 1)", 'b'],
  ["get({'a': 'b'}, 'a')", 'b'],
  ["get('abc', 1)", 'b'],
  ["get({'a': 'b'}, 'constructor')", undefined],
  ["indexof('abcd', 'bc')", 1],
  ['isNull(NULL)', true],
  ['isNull(absent)', false],
  ['isundefined(absent)', true],
  ['length(false)', 5],
  ['length(absent)', undefined],
  ["lower('HELLO')", 'hello'],
  ["lpad('hello', 2)", '  hello'],
  ["ltrim(' h i ')", 'h i '],
  ["md5('hello')", '5d41402abc4b2a76b9719d911017c592'],
  ['mod(8, 3)', 2],
  ['nanvl(absent, 3)', 3],
  ["numbytes('€')", 3],
  ['power(2, 5)', 32],
  ["replace('abcdabcd', 'b', '$&')", 'a$&cda$&cd'],
  ['round(-1.5)', -2],
  ['round(1.5)', 2],
  ['rpad(1, 3)', '1   '],
  ["rtrim(' h i ')", ' h i'],
  ['sign(-7)', -1],
  ['sql_version()', '2016-03-23'],
  ['sqrt(9)', 3],
  ['sqrt(-1)', undefined],
  ["startswith('ranger', 'ran')", true],
  ["substring('012345', 2)", '2345'],
  ["substring('012345', 2.745)", '2345'],
  ["substring('012345', -50, 50)", '012345'],
  ["substring('012345', 3, 1)", ''],
  ['substring(true, 1.2)', 'rue'],
  ['topic()', 'product1/out/device1'],
  ['topic(2)', 'out'],
  ['topic(9)', undefined],
  ['trunc(2.888, 2)', 2.88],
  ["upper(['hello'])", '["HELLO"]'],
  ['principal()', 'device1'],
])('%s', (expression, expected) => {
  expect(value(expression, { n: 5, s: 'a' })).toEqual(expected);
});

test('newuuid() is another one each time', () => {
  const [first, second] = [value('newuuid()'), value('newuuid()')];

  expect(first).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
  expect(second).not.toBe(first);
});

test('a payload without prototypes: keys of every name are data', () => {
  const payload = Buffer.from('{"__proto__":{"a":1},"constructor":2}');

  expect(run("SELECT *, 1 AS b FROM 'a'", payload)).toEqual(JSON.parse('{"__proto__":{"a":1},"constructor":2,"b":1}'));
  expect(value('toString')).toBeUndefined();
});

test.each([
  ["SELECT parse_time('yyyy', 1) AS x FROM 'a'", 'the function parse_time() is not supported'],
  ["SELECT aws_lambda('arn', 1) AS x FROM 'a'", 'the function aws_lambda() is not supported'],
  ["SELECT get_thing_shadow('t', 'r') AS x FROM 'a'", 'the function get_thing_shadow() is not supported'],
  ["SELECT constructor() AS x FROM 'a'", 'the function constructor() is not supported'],
  ["SELECT (SELECT a FROM b) AS x FROM 'a'", 'a nested SELECT is not supported'],
  ["SELECT * FROM 'a' WHERE a IN [1]", 'unexpected IN'],
  ["SELECT * FROM 'a' WHERE EXISTS (a)", 'EXISTS is not supported'],
  ["SELECT length(*) AS x FROM 'a'", "* other than in SELECT * and encode(*, 'base64') is not supported"],
  ["SELECT encode(*, 'hex') AS x FROM 'a'", "encode() knows the scheme 'base64' only"],
  ["SELECT decode(a, b) AS x FROM 'a'", "decode() knows the scheme 'base64' only"],
  ["SELECT topic(1, 2) AS x FROM 'a'", 'topic() takes 0 to 1 arguments, not 2'],
  ["SELECT cast(a AS money) AS x FROM 'a'", 'cast() does not know the type money'],
  ["SELECT 1 + 1 FROM 'a'", 'an expression needs a name (AS …)'],
  ['SELECT a FROM topic/x', 'expected a quoted topic filter'],
  ["SELECT a, FROM 'a'", 'unexpected FROM'],
  ["SELECT a FROM 'a' GROUP BY a", 'unexpected GROUP'],
  ["SELECT a FROM 'a' WHERE", 'the statement ends too early'],
  ['UPDATE a', 'expected SELECT'],
  ["SELECT a ; FROM 'a'", 'unexpected ";"'],
  ["SELECT a FROM 'open", `unexpected "'"`],
])('%s is refused: %s', (sql, reason) => {
  expect(() => compileStatement(sql)).toThrow(
    expect.objectContaining({ code: 'SqlParseException', message: expect.stringContaining(reason) }),
  );
});

test.each(["SELECT a FROM 'a'", "SELECT *, 1 AS b FROM 'a'", "SELECT 1 AS b FROM 'a' WHERE a = 1"])(
  '%s cannot read a payload that is not JSON',
  (sql) => {
    expect(() => run(sql, Buffer.from([255]))).toThrow(RuleSqlFailure);
  },
);

test('a payload that is JSON but no object has no attributes', () => {
  expect(run("SELECT a, 1 AS b FROM 'a'", [1])).toEqual({ b: 1 });
  expect(() => run("SELECT *, 1 AS b FROM 'a'", [1])).toThrow(RuleSqlFailure);
});

test.each([
  ['${topic(3)}', 'device1'],
  ['errors/${topic(1)}/${timestamp()}-${clientid()}', 'errors/product1/1700000000000-d1'],
  ["${replace(topic(), '/', '-') + '-' + traceid()}", `product1-out-device1-${TRACE_ID}`],
  ["${ {'a': '}'}.a }", '}'],
  ['${a.b}', '1'],
  ['[${absent}]', '[]'],
  ['$5 {plain}', '$5 {plain}'],
  ['', ''],
])('the template %s becomes %s', (template, expected) => {
  expect(compileTemplate(template)(new Evaluation(message({ a: { b: 1 } })))).toBe(expected);
});

test.each(['${topic(3)', '${}', '${nothing()}'])('the template %s is refused', (template) => {
  expect(() => compileTemplate(template)).toThrow(expect.objectContaining({ code: 'SqlParseException' }));
});
