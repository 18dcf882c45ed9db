import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { ruleFilter } from '../../../core/link/rule-filter.ts';
import { compileStatement } from '../../../local/rules/sql/compile.ts';
import { Evaluation } from '../../../local/rules/sql/evaluation.ts';

/** Whether the rules engine lets the payload through. */
function passes(where: string, payload: Buffer | unknown): boolean {
  const message = {
    payload: Buffer.isBuffer(payload) ? payload : Buffer.from(JSON.stringify(payload)),
    ...{ topic: 'p1/out/S-1', clientId: 'c', principal: 'p', timestamp: 1, traceId: 't' },
  };
  const { run } = compileStatement(`SELECT clientid() AS c FROM 'p1/out/+' WHERE ${ruleFilter('at', where).sql}`);

  return run(new Evaluation(message)) !== undefined;
}

test('a field becomes what AWS reads without parsing the payload', () => {
  const payload = "decode(encode(*, 'base64'), 'base64')";
  const status = `get(${payload}, 'status') = '1'`;
  const level = `get(get(get(get(${payload}, 'data'), 'list'), 0), 'level') >= 20`;

  expect(ruleFilter('at', "status='1' and NOT data.list[0].level >= 20").sql).toBe(
    `NOT (${payload} = concat(${payload}, '')) AND ((CASE isUndefined(${status}) WHEN TRUE THEN FALSE ELSE ${status} END)` +
      ` AND NOT ((CASE isUndefined(${level}) WHEN TRUE THEN FALSE ELSE ${level} END)))`,
  );
});

test.each<[where: string, payload: unknown, passes: boolean]>([
  ["status = '1'", { status: '1' }, true],
  ["status = '1'", { status: '0' }, false],
  ["status = '1'", {}, false],
  ["status <> '1'", {}, false],
  ["NOT status = '1'", {}, true],
  ['isUndefined(status)', {}, true],
  ['isNull(status)', { status: null }, true],
  ['isNull(status)', {}, false],
  ['level > 20', { level: 20.5 }, true],
  ['level > -1', { level: 0 }, true],
  ['on = TRUE', { on: true }, true],
  ['on = true', { on: false }, false],
  ['value = 1 AND from = 2', { value: 1, from: 2 }, true],
  ["a.b[1].c = 'x'", { a: { b: [0, { c: 'x' }] } }, true],
  ["a.b[1].c = 'x'", { a: { b: 'text' } }, false],
  ['a = 1 OR b = 1 AND c = 1', { a: 1 }, true],
  ['(a = 1 OR b = 1) AND c = 1', { a: 1 }, false],
  ["startswith(plate, 'B-') AND length(plate) < 9", { plate: 'B-AB 12' }, true],
  ["lower(kind) = 'van'", { kind: 'VAN' }, true],
  ["endswith(plate, 'E')", { plate: 7 }, false],
])('%s of %j: %s', (where, payload, expected) => {
  expect(passes(where, payload)).toBe(expected);
});

const field = fc.constantFrom('status', 'a.b', 'a.list[0]', 'value', 'select', 'data.list[3].x');
const literal = fc.oneof(
  fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e6, max: 1e6 }).map((value) => value.toFixed(3)),
  fc.constantFrom("'1'", "''", "'é{}%'", 'TRUE', 'FALSE', '0'),
);
const operand = fc.oneof(
  field,
  literal,
  fc.tuple(fc.constantFrom('lower', 'length', 'abs'), field).map(([f, x]) => `${f}(${x})`),
);
const comparison = fc.oneof(
  fc.tuple(operand, fc.constantFrom('=', '<>', '<', '<=', '>', '>='), operand).map((parts) => parts.join(' ')),
  field.map((name) => `isUndefined(${name})`),
  field.map((name) => `startswith(${name}, 'x')`),
);
const { filter } = fc.letrec<{ filter: string }>((tie) => ({
  filter: fc.oneof(
    { depthSize: 'small' },
    comparison,
    fc.tuple(tie('filter'), fc.constantFrom('AND', 'OR'), tie('filter')).map(([a, o, b]) => `(${a}) ${o} ${b}`),
    tie('filter').map((inner) => `NOT (${inner})`),
  ),
}));
const payload = fc.oneof(
  fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes)),
  fc.json().map((text) => Buffer.from(text)),
  fc
    .record({ status: fc.anything(), a: fc.anything(), value: fc.anything() })
    .map((value) => Buffer.from(JSON.stringify(value) ?? '')),
  fc.constantFrom('{', '[]', '"text"', '{"a":{"list":{}}}', '').map((text) => Buffer.from(text)),
);

/** A text in JSON is one like those that are none. */
function isJson(bytes: Buffer): boolean {
  try {
    return typeof JSON.parse(bytes.toString()) !== 'string';
  } catch {
    return false;
  }
}

test('no filter fails, whatever the payload is; what is no JSON is never let through', () => {
  fc.assert(
    fc.property(filter, payload, (where, bytes) => {
      const [holds, opposite] = [passes(where, bytes), passes(`NOT (${where})`, bytes)];

      expect([holds, opposite]).toEqual(isJson(bytes) ? [holds, !holds] : [false, false]);
    }),
    { numRuns: 1000 },
  );
  for (const bytes of [Buffer.from([0xff, 0]), Buffer.from('{"status":'), Buffer.from('"1"'), Buffer.alloc(0)]) {
    expect(passes("status = '1' OR status <> '1' OR NOT status = '1' OR isUndefined(status)", bytes)).toBe(false);
  }
});

test.each([
  ['', 'At character 1 it ends: the name of a field expected.'],
  ['status', 'At character 7 it ends: a comparison expected.'],
  ["status = 'it''s'", `At character 14 "s" is not expected.`],
  ['status = "1"', `"\\"" at character 10 is not allowed.`],
  ["status LIKE 'x'", 'a comparison expected'],
  ['count / 0 = 1', '"/" at character 7 is not allowed.'],
  ["topic(3) = 'x'", 'the function topic is not known here'],
  ["aws_lambda('arn', x) = 1", 'the function aws_lambda is not known here'],
  ['(a = 1', ') expected'],
  ['a = 1)', '")" is not expected'],
  ["a = '${clientid()}'", 'is not allowed'],
  ['not = 1', 'the name of a field expected'],
  ['a[-1] = 1', 'a whole number from 0 to 9999 expected'],
  [`${'('.repeat(30)}a = 1${')'.repeat(30)}`, 'nested at most 20 deep'],
  [`${'a.'.repeat(9)}a = 1`, 'at most 8 levels deep'],
  [`a = '${'x'.repeat(1000)}'`, 'at most 1000 characters'],
  ['a = 1; DROP TABLE x', '";" at character 6 is not allowed.'],
])('%j is refused, saying where', (where, words) => {
  expect(() => ruleFilter('Lot/Rule: where', where)).toThrow('Lot/Rule: where: received');
  expect(() => ruleFilter('Lot/Rule: where', where)).toThrow(words);
});
