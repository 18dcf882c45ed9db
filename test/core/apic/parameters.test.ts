import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { ApiParameter, ParameterPlace, ParameterType } from '../../../core/apic/api-definition.ts';
import { parameterReader } from '../../../core/apic/parameters.ts';
import type { ReceivedCall } from '../../../core/apic/received-call.ts';
import { InvalidSetting, Refusal } from '../../../core/errors.ts';

function parameter(name: string, place: ParameterPlace, type: ParameterType = 'string', more = {}): ApiParameter {
  return { name, in: place, type, required: false, ...more };
}

function call(parts: Partial<Omit<ReceivedCall, 'body'>> & { body?: string | Uint8Array } = {}): ReceivedCall {
  return { path: {}, query: [], headers: [], ...parts, body: Buffer.from(parts.body ?? '') };
}

function read(parameters: ApiParameter[], parts: Parameters<typeof call>[0], lists: string[] = []) {
  return Object.fromEntries(parameterReader(parameters, new Set(lists))(call(parts)));
}

function refusalOf(work: () => unknown): Refusal {
  try {
    work();
  } catch (error) {
    if (error instanceof Refusal) {
      return error;
    }
    throw error;
  }
  throw new TypeError('it was not refused');
}

const FORM: [string, string] = ['content-type', 'application/x-www-form-urlencoded'];
const JSON_TYPE: [string, string] = ['Content-Type', 'application/json; charset=utf-8'];

test('a value is read from its place only', () => {
  const everywhere = {
    path: { a: 'path' },
    query: [['a', 'query']] as [string, string][],
    headers: [FORM, ['A', ' header ']] as [string, string][],
    body: 'a=body',
  };

  expect(read([parameter('a', 'path')], everywhere)).toEqual({ a: 'path' });
  expect(read([parameter('a', 'query')], everywhere)).toEqual({ a: 'query' });
  expect(read([parameter('a', 'header')], everywhere)).toEqual({ a: 'header' });
  expect(read([parameter('a', 'body')], everywhere)).toEqual({ a: 'body' });
  expect(read([parameter('b', 'query')], everywhere)).toEqual({});
});

test('names are case-sensitive, but those of headers', () => {
  expect(
    read([parameter('Zone', 'query'), parameter('X-Zone', 'header')], {
      query: [['zone', '1']],
      headers: [['x-zone', '2']],
    }),
  ).toEqual({ 'X-Zone': '2' });
});

test('of one name in several places the query loses to header and body', () => {
  const places = [parameter('a', 'query'), parameter('a', 'body'), parameter('a', 'header')];
  const query: [string, string][] = [['a', 'query']];

  expect(read(places, { query })).toEqual({ a: 'query' });
  expect(read(places, { query, headers: [['a', 'header']] })).toEqual({ a: 'header' });
  expect(read(places, { query, headers: [FORM], body: 'a=body' })).toEqual({ a: 'body' });
});

test.each([
  ['string', '', ''],
  ['string', ' 7 ', ' 7 '],
  ['integer', '7', 7],
  ['integer', '-9007199254740991', -9007199254740991],
  ['integer', '+07', 7],
  ['number', '1.5', 1.5],
  ['number', '-.5e3', -500],
  ['boolean', 'true', true],
  ['boolean', 'false', false],
] as const)('type %s reads %j as %j', (type, text, value) => {
  expect(read([parameter('a', 'query', type)], { query: [['a', text]] })).toEqual({ a: value });
});

test.each([
  ['integer', '7.0'],
  ['integer', '9007199254740992'],
  ['integer', '0x10'],
  ['integer', ' 7'],
  ['integer', '1e3'],
  ['number', 'NaN'],
  ['number', 'Infinity'],
  ['number', '1e999'],
  ['number', '.'],
  ['boolean', 'TRUE'],
  ['boolean', '1'],
] as const)('type %s refuses %j and names parameter, value and what is allowed', (type, text) => {
  const refusal = refusalOf(() => read([parameter('spaces', 'query', type)], { query: [['spaces', text]] }));

  expect(refusal.code).toBe('APIC.0106');
  expect(refusal.status).toBe(400);
  expect(refusal.message).toMatch(/^Orchestration error\. Parameter spaces \(query\): received ".*"; allowed: .*\.$/);
  expect(refusal.message).toContain(JSON.stringify(text));
});

test.each(['integer', 'number', 'boolean'] as const)('an empty %s is none', (type) => {
  expect(read([parameter('a', 'query', type)], { query: [['a', '']] })).toEqual({});
});

test('a required parameter that is missing is refused by name', () => {
  const required = [parameter('deviceId', 'path', 'string', { required: true })];

  expect(refusalOf(() => read(required, {})).message).toBe(
    'Orchestration error. Parameter deviceId (path): received nothing; allowed: text of at most 4096 characters, required.',
  );
  expect(read(required, { path: { deviceId: 'S-001' } })).toEqual({ deviceId: 'S-001' });
});

test('a default stands in, also for a required parameter, and has the type of its parameter', () => {
  const parameters = [parameter('limit', 'query', 'integer', { default: '10', required: true })];

  expect(read(parameters, {})).toEqual({ limit: 10 });
  expect(read(parameters, { query: [['limit', '']] })).toEqual({ limit: 10 });
  expect(read(parameters, { query: [['limit', '5']] })).toEqual({ limit: 5 });
});

test('a default that is no value of its type is refused when the reader is made', () => {
  expect(() => parameterReader([parameter('limit', 'query', 'integer', { default: 'ten' })], new Set())).toThrow(
    InvalidSetting,
  );
});

test('JSON keeps its types, and null is none', () => {
  const parameters = [
    parameter('s', 'body'),
    parameter('i', 'body', 'integer'),
    parameter('b', 'body', 'boolean'),
    parameter('n', 'body'),
  ];

  expect(read(parameters, { headers: [JSON_TYPE], body: '{"s":5,"i":7,"b":true,"n":null}' })).toEqual({
    s: '5',
    i: 7,
    b: true,
  });
});

test('without a content type a body is a form', () => {
  expect(read([parameter('a', 'body')], { body: 'a=b%20c+d' })).toEqual({ a: 'b c d' });
});

test.each([
  [JSON_TYPE, '[1]', 'JSON that is no object'],
  [JSON_TYPE, '"a"', 'JSON that is no object'],
  [JSON_TYPE, 'a=b', 'text that is not JSON'],
  [JSON_TYPE, '{"a":{"b":1}}', 'Parameter a (body): received {"b":1}'],
  [JSON_TYPE, '{"a":[1,2]}', 'Parameter a (body): received 2 values'],
  [JSON_TYPE, Buffer.from([0xff]), 'not UTF-8'],
  [['content-type', 'text/xml'], '<a/>', 'Content-Type: received "text/xml"'],
] as [[string, string], string | Uint8Array, string][])(
  'a body of %j with %j is refused: %s',
  (type, body, message) => {
    const refusal = refusalOf(() => read([parameter('a', 'body')], { headers: [type], body }));

    expect(refusal.code).toBe('APIC.0106');
    expect(refusal.message).toContain(message);
  },
);

test('a body nobody declared is not read', () => {
  expect(read([parameter('a', 'query')], { headers: [JSON_TYPE], body: 'no json' })).toEqual({});
});

test('one value is asked for: two are refused', () => {
  const query: [string, string][] = [
    ['a', '1'],
    ['a', '2'],
  ];

  expect(refusalOf(() => read([parameter('a', 'query')], { query })).message).toContain(
    'received 2 values; allowed: one value',
  );
});

test('a list is written with commas, repeated, or as a JSON array', () => {
  const integers = [parameter('ids', 'query', 'integer')];
  const strings = [parameter('ids', 'body')];

  expect(
    read(
      integers,
      {
        query: [
          ['ids', '1, 2,,3'],
          ['ids', '4'],
        ],
      },
      ['ids'],
    ),
  ).toEqual({ ids: [1, 2, 3, 4] });
  expect(read(strings, { headers: [JSON_TYPE], body: '{"ids":["a,b"]}' }, ['ids'])).toEqual({ ids: ['a,b'] });
  expect(read(strings, { headers: [JSON_TYPE], body: '{"ids":"a,b"}' }, ['ids'])).toEqual({ ids: ['a', 'b'] });
  expect(read(integers, { query: [['ids', ' , ']] }, ['ids'])).toEqual({});
  expect(refusalOf(() => read(integers, { query: [['ids', '1,x']] }, ['ids'])).message).toContain('received "x"');
});

const refused = (declaration: ApiParameter, text: string, lists: string[] = []) =>
  refusalOf(() => read([declaration], { query: [['a', text]] }, lists)).message;

test.each([
  ['integer', { minimum: 1, maximum: 1000 }, ['1', '1000'], ['0', '-1', '1001'], 'a whole number from 1 to 1000'],
  ['integer', { minimum: 0 }, ['0', '9007199254740991'], ['-1'], 'a whole number from 0 to 9007199254740991'],
  [
    'number',
    { minimum: -0.5, maximum: 0.5 },
    ['-0.5', '.5'],
    ['-0.51', '1e0'],
    'a number such as 12.5 from -0.5 to 0.5',
  ],
  ['number', { maximum: 3 }, ['3', '-1e300'], ['3.01'], 'a number such as 12.5 to 3'],
  [
    'string',
    { maxLength: 3 },
    ['', 'abc', '🚗🚗🚗'],
    ['abcd', '🚗🚗🚗🚗', 'x'.repeat(900)],
    'text of at most 3 characters',
  ],
  ['string', { pattern: '[A-Z]+|x' }, ['AB', 'x'], ['', 'ABx', 'AB\n', ' x'], 'of the form [A-Z]+|x'],
  ['string', { enum: ['0', '1'] }, ['0', '1'], ['', '2', '01'], 'one of 0, 1'],
  ['integer', { enum: ['1', '5'] }, ['1', '05'], ['2'], 'one of 1, 5'],
] as const)('type %s with %j takes no other values', (type, limits, good, bad, allowed) => {
  const declaration = parameter('a', 'query', type, limits);
  for (const text of good) {
    expect(() => read([declaration], { query: [['a', text]] })).not.toThrow();
  }
  for (const text of bad) {
    expect(refused(declaration, text)).toContain(
      `allowed: ${allowed.startsWith('of') ? 'text of at most 4096 characters ' : ''}${allowed}.`,
    );
  }
});

test('a default keeps the limits of its parameter', () => {
  const beyond = parameter('a', 'query', 'integer', { maximum: 10, default: '11' });

  expect(() => parameterReader([beyond], new Set())).toThrow('allowed: a whole number from -9007199254740991 to 10');
});

test('text has 4,096 characters where nothing is said, and a long value is not echoed whole', () => {
  const long = 'x'.repeat(4097);

  expect(read([parameter('a', 'query')], { query: [['a', long.slice(1)]] })).toEqual({ a: long.slice(1) });
  expect(refused(parameter('a', 'query'), long)).toMatch(
    /^.{1,200}… \(4099 characters\); allowed: text of at most 4096 characters\.$/,
  );
  expect(refused(parameter('a', 'query', 'integer'), long).length).toBeLessThan(300);
});

test('half a character is no text', () => {
  expect(() => read([parameter('a', 'body')], { headers: [JSON_TYPE], body: '{"a":"\\ud800"}' })).toThrow(Refusal);
  expect(read([parameter('a', 'body')], { headers: [JSON_TYPE], body: '{"a":"\\ud83d\\ude97"}' })).toEqual({ a: '🚗' });
});

test('lists have a limit, each of their values has its own, and all of them together', () => {
  const integers = parameter('a', 'query', 'integer', { maximum: 5 });

  expect(refused(integers, '1,'.repeat(1001), ['a'])).toContain('1001 values');
  expect(refused(integers, '1,6', ['a'])).toContain('received "6"');
  expect(refused(parameter('a', 'query'), `${'x'.repeat(4000)},`.repeat(70), ['a'])).toContain('at most 262144 bytes');
});

test('a name of an object’s own prototype is no value', () => {
  expect(
    read([parameter('constructor', 'path'), parameter('toString', 'body')], { headers: [JSON_TYPE], body: '{}' }),
  ).toEqual({});
});

test('any text comes through form, JSON and query as it was', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), (text) => {
      const form = new URLSearchParams({ a: text }).toString();

      expect(read([parameter('a', 'body')], { headers: [FORM], body: form })).toEqual({ a: text });
      expect(read([parameter('a', 'body')], { headers: [JSON_TYPE], body: JSON.stringify({ a: text }) })).toEqual({
        a: text,
      });
      expect(read([parameter('a', 'query')], { query: [['a', text]] })).toEqual({ a: text });
    }),
  );
});

const TENANT = parameter('tenant', 'context', 'string', { required: true });

test('a parameter of the context is what is known of the caller, whatever the caller sends', () => {
  const sent = {
    query: [['tenant', 'other']] as [string, string][],
    headers: [FORM, ['tenant', 'other']] as [string, string][],
    body: 'tenant=other',
  };

  expect(read([TENANT], { ...sent, authorizer: { tenant: 'mine' } })).toEqual({ tenant: 'mine' });
  expect(read([parameter('n', 'context', 'integer')], { authorizer: { n: 7 } })).toEqual({ n: 7 });
  expect(read([parameter('on', 'context', 'boolean')], { authorizer: { on: true } })).toEqual({ on: true });
  expect(read([parameter('ids', 'context')], { authorizer: { ids: ['a', 'b,c'] } }, ['ids'])).toEqual({
    ids: ['a', 'b,c'],
  });
  expect(read([parameter('none', 'context')], { ...sent, authorizer: { none: null } })).toEqual({});
});

test.each([
  [undefined, 'nothing'],
  [{}, 'nothing'],
  [{ tenant: null }, 'nothing'],
  [{ tenant: { a: 1 } }, '{"a":1}'],
  [Object.create({ tenant: 'inherited' }), 'nothing'],
])('a context %j without the parameter is no fault of the caller, who is not told its name', (authorizer, received) => {
  const parts = { query: [['tenant', 'mine']] as [string, string][], ...(authorizer && { authorizer }) };
  const refusal = refusalOf(() => read([TENANT], parts));

  expect([refusal.code, refusal.status]).toEqual(['APIC.0601', 500]);
  expect(refusal.message).not.toContain('tenant');
  expect(refusal.detail).toEqual({ reason: expect.stringContaining(`the context's tenant is ${received}`) });
});
