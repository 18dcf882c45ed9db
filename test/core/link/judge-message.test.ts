import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { parseJson } from '../../../core/fdi/json.ts';
import { judgeMessage, violationsText } from '../../../core/link/judge-message.ts';
import {
  checkThingModel,
  property,
  service,
  type ThingModel,
  type ThingProperty,
} from '../../../core/link/thing-model.ts';

const judge = (model: ThingModel, payload: unknown) => judgeMessage(checkThingModel('at', model))(payload);
const broken = (model: ThingModel, payload: unknown) =>
  judge(model, payload).map(({ path, rule }) => `${path} ${rule}`);
const one = (given: ThingProperty, value: unknown) =>
  judge({ Status: { value: given } }, { value }).map(({ rule }) => rule);

const PARKING: ThingModel = {
  ParkingStatus: {
    deviceId: property.string({ maxLength: 64 }),
    status: property.string({ maxLength: 16, enum: ['0', '1'] }),
  },
};
const TWO: ThingModel = {
  Climate: { temperature: property.number(), at: property.datetime({ required: false }) },
  Power: { battery: property.integer(), at: property.datetime({ required: false }) },
  Debug: service({ enabled: false, properties: { trace: property.json(), battery: property.integer() } }),
};

test('a flat payload that keeps every rule breaks none; what the model does not name is let through', () => {
  expect(judge(PARKING, { deviceId: 'S-001', status: '0', firmware: { version: 7 } })).toEqual([]);
});

test('every rule a payload breaks is named with its path, what came and what is allowed', () => {
  expect(judge(PARKING, { status: '7' })).toEqual([
    { path: 'deviceId', rule: 'required', received: 'missing', allowed: 'text' },
    { path: 'status', rule: 'enum', received: '"7"', allowed: '"0", "1"' },
  ]);
});

test.each([[[]], ['text'], [7], [null], [true], [parseJson('12345678901234567890')]])(
  'the payload %j is no object',
  (payload) => {
    expect(broken(PARKING, payload)).toEqual(['$ object']);
  },
);

test.each<[string, ThingProperty, unknown, readonly string[]]>([
  ['text', property.string(), 'ü😀', []],
  ['a number for text', property.string(), 7, ['type']],
  ['as long as allowed, in characters', property.string({ maxLength: 2 }), '😀😀', []],
  ['too long', property.string({ maxLength: 2 }), '😀😀😀', ['maxLength']],
  ['far too long', property.string({ maxLength: 2 }), 'x'.repeat(100_000), ['maxLength']],
  ['NUL in a text', property.string(), 'S-001\0', ['characters']],
  ['half a surrogate pair', property.string(), '\ud83d', ['characters']],
  ['two rules at once', property.string({ maxLength: 1, enum: ['a'] }), 'bb', ['maxLength', 'enum']],
  ['a whole number', property.integer(), -7, []],
  ['a whole number written with a fraction', property.integer(), 7.0, []],
  ['a fraction', property.integer(), 7.5, ['type']],
  ['digits as text', property.integer(), '7', ['type']],
  ['a whole number beyond doubles', property.integer(), parseJson('12345678901234567890'), []],
  ['a fraction beyond doubles', property.integer(), parseJson('1234567890123456.5'), ['type']],
  [
    'a number beyond doubles against its limit',
    property.integer({ max: 5 }),
    parseJson('12345678901234567890'),
    ['max'],
  ],
  ['below min', property.integer({ min: 1 }), 0, ['min']],
  ['min itself', property.integer({ min: 1 }), 1, []],
  ['above max', property.number({ max: 0.5 }), 0.6, ['max']],
  ['more than a double holds', property.number(), parseJson('1e999'), ['type']],
  ['on a step', property.number({ step: 0.1 }), 0.3, []],
  ['off the steps', property.number({ step: 0.1 }), 0.35, ['step']],
  ['on a step from min', property.integer({ min: 1, step: 2 }), 5, []],
  ['off the steps from min', property.integer({ min: 1, step: 2 }), 4, ['step']],
  ['a number of the list', property.integer({ enum: [1, 2] }), 2, []],
  ['a number not of the list', property.integer({ enum: [1, 2] }), 3, ['enum']],
  ['true', property.boolean(), true, []],
  ['1 for true', property.boolean(), 1, ['type']],
  ['a date and time', property.datetime(), '20240229T235959', []],
  ['a date that is none', property.datetime(), '20230229T000000', ['format']],
  ['hour 24', property.datetime(), '20230228T240000', ['format']],
  ['another form of date', property.datetime(), '2023-02-28T00:00:00', ['format']],
  ['year 0', property.datetime(), '00000101T000000', []],
  ['a date as number', property.datetime(), 20_230_228, ['type']],
  ['JSON of any kind', property.json(), { a: [1] }, []],
  ['JSON within its length', property.json({ maxLength: 9 }), { a: [1] }, []],
  ['JSON beyond its length', property.json({ maxLength: 8 }), { a: [1] }, ['maxLength']],
  ['a list', property.array(), [1, 'a'], []],
  ['an object for a list', property.array(), {}, ['type']],
  ['null', property.string(), null, ['required']],
  ['null where it may be missing', property.string({ required: false }), null, []],
])('%s', (_, given, value, rules) => {
  expect(one(given, value)).toEqual(rules);
});

test('what a device is only told need not be in its reports, and is judged when it is', () => {
  const model = { Gate: { state: property.boolean(), open: property.boolean({ access: 'write' }) } };

  expect(judge(model, { state: true })).toEqual([]);
  expect(broken(model, { state: true, open: 'yes' })).toEqual(['open type']);
});

test('of several services a flat payload reports those of which it holds a property', () => {
  expect(judge(TWO, { temperature: 20.5 })).toEqual([]);
  expect(broken(TWO, { temperature: 'warm', battery: 7 })).toEqual(['temperature type']);
});

test('a flat payload that reports no service is refused', () => {
  expect(judge(TWO, { other: 1 })).toEqual([
    { path: '$', rule: 'service', received: 'an object of 1 members', allowed: 'a property of one of Climate, Power' },
  ]);
});

test('a property that two services have has to stand below its service', () => {
  expect(broken(TWO, { temperature: 1, at: '20240229T235959' })).toEqual(['at ambiguous']);
  expect(judge(TWO, { Climate: { temperature: 1, at: '20240229T235959' } })).toEqual([]);
});

test('by service, each service that is there is judged, with its name in the path', () => {
  expect(judge(TWO, { Climate: { temperature: 1 }, Power: { battery: 2 } })).toEqual([]);
  expect(broken(TWO, { Climate: {}, Power: { battery: 2.5 }, time: 1 })).toEqual([
    'Climate.temperature required',
    'Power.battery type',
  ]);
  expect(broken(TWO, { Climate: { temperature: 1 }, Power: 7 })).toEqual(['Power object']);
});

test('a service nobody declared, and one that is off, are refused', () => {
  expect(broken(TWO, { Climate: { temperature: 1 }, Weather: {} })).toEqual(['Weather service']);
  expect(broken(TWO, { Debug: { trace: {} } })).toEqual(['Debug disabled']);
  expect(broken(TWO, { temperature: 1, trace: {} })).toEqual(['trace disabled']);
});

test('a property that shares its name with an enabled service and one that is off is the enabled one', () => {
  expect(judge(TWO, { battery: 7 })).toEqual([]);
});

test('a property called like a service keeps payloads flat', () => {
  const model = { status: { status: property.json() } };

  expect(judge(model, { status: { any: 1 } })).toEqual([]);
});

test('what every object inherits is no member of a payload', () => {
  const model = { Base: { constructor: property.string(), valueOf: property.json({ required: false }) } };

  expect(broken(model, {})).toEqual(['constructor required']);
  expect(judge(model, { constructor: 'own' })).toEqual([]);
});

test('what came is shown short and without anything a terminal or a reader would obey', () => {
  const shown = (value: unknown) => judge({ Status: { value: property.boolean() } }, { value })[0]?.received;

  expect(shown('a"\u001b[2J\u202e')).toBe('"a\\"\\u001b[2J\\u202e"');
  expect(shown('x'.repeat(1000))).toBe(`"${'x'.repeat(59)}…"`);
  expect(shown({ a: 1, b: 2 })).toBe('an object of 2 members');
  expect(shown([1, 2, 3])).toBe('a list of 3');
});

test('JSON nested a hundred thousand deep is too long, and no fault of ours', () => {
  const deep: unknown = JSON.parse(`${'['.repeat(100_000)}${']'.repeat(100_000)}`);

  expect(one(property.json({ maxLength: 131_072 }), deep)).toEqual(['maxLength']);
  expect(one(property.boolean(), deep)).toEqual(['type']);
});

test('the text of violations never passes its limit, counts what it leaves out, and breaks no character', () => {
  const name = fc.stringMatching(/^[a-z][A-Za-z0-9]{1,20}$/);
  const payload = fc.dictionary(name, fc.oneof(fc.string({ unit: 'grapheme', maxLength: 200 }), fc.integer()), {
    minKeys: 1,
    maxKeys: 40,
  });

  fc.assert(
    fc.property(payload, fc.integer({ min: 60, max: 1000 }), (values, length) => {
      const model = { Base: Object.fromEntries(Object.keys(values).map((key) => [key, property.boolean()])) };
      const violations = judge(model, values);
      const text = violationsText(violations, length);
      const shown = text.match(/ \(type\): /g)?.length ?? 0;

      expect(violations).toHaveLength(Object.keys(values).length);
      expect(text.length).toBeLessThanOrEqual(length);
      if (text.endsWith(' more')) {
        expect(Number(/and (\d+) more$/.exec(text)?.[1]) + shown).toBe(violations.length);
      }
    }),
  );
});

test('a payload made by a model breaks none of its rules', () => {
  const value = {
    string: fc.string({ unit: 'grapheme', maxLength: 8 }).map((text) => text.replaceAll('\0', '')),
    integer: fc.integer({ min: -10, max: 10 }),
    number: fc.double({ min: -10, max: 10, noNaN: true }),
    boolean: fc.boolean(),
  };
  const kinds = {
    string: property.string({ maxLength: 100 }),
    integer: property.integer({ min: -10, max: 10, step: 1 }),
    number: property.number({ min: -10, max: 10 }),
    boolean: property.boolean(),
  };
  const kind = fc.constantFrom(...(Object.keys(kinds) as (keyof typeof kinds)[]));

  fc.assert(
    fc.property(
      fc
        .array(kind, { minLength: 1, maxLength: 8 })
        .chain((list) =>
          fc.tuple(fc.constant(list), fc.tuple(...list.map((one) => value[one] as fc.Arbitrary<unknown>))),
        ),
      ([list, values]) => {
        const model = { Base: Object.fromEntries(list.map((one, at) => [`p${at}`, kinds[one]])) };

        expect(judge(model, Object.fromEntries(values.map((given, at) => [`p${at}`, given])))).toEqual([]);
      },
    ),
  );
});
