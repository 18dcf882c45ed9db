import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { checkFilterFields, maskFields } from '../../../core/mqs/mask-fields.ts';

const masked = (text: string) => maskFields(text, ['plate', 'phone']);

test.each([
  ['{"plate":"B-1"}', '{"plate":"***"}'],
  ['{ "plate" : 17 , "a":1}', '{ "plate" : "***" , "a":1}'],
  ['{"a":[{"plate":{"x":["]}",{}]}},{"phone":null}]}', '{"a":[{"plate":"***"},{"phone":"***"}]}'],
  ['{"pl\\u0061te":"x","\\u0070hone":true}', '{"pl\\u0061te":"***","\\u0070hone":"***"}'],
  ['{"plate":1,"plate":2}', '{"plate":"***","plate":"***"}'],
  ['{"plate":"a\\"b\\\\","x":"plate"}', '{"plate":"***","x":"plate"}'],
  ['["plate","phone",{"Plate":"kept"}]', '["plate","phone",{"Plate":"kept"}]'],
  ['{"plate":[],"b":{}}', '{"plate":"***","b":{}}'],
  ['{"plate":-1.5e3}', '{"plate":"***"}'],
  ['{"a":12345678901234567890,"plate":{"plate":"x"}} ', '{"a":12345678901234567890,"plate":"***"} '],
  ['"plate"', '"plate"'],
  ['17', '17'],
])('%s becomes %s', (text, expected) => {
  expect(masked(text)).toBe(expected);
});

test.each(['', '{"plate":"x"', 'plate=x', '\ufeff{"plate":"x"}'])('%j cannot be masked', (text) => {
  expect(masked(text)).toBeUndefined();
});

test('nesting as deep as JSON can be parsed is no trouble', () => {
  const [open, close] = ['[{"a":'.repeat(2000), '}]'.repeat(2000)];

  expect(masked(`${open}{"plate":"x"}${close}`)).toBe(`${open}{"plate":"***"}${close}`);
});

test('whatever the payload: what is masked is the same as masking the parsed value, and nothing of the field is left', () => {
  const key = fc.oneof(fc.constantFrom('plate', 'phone', 'a'), fc.string());
  const { tree } = fc.letrec((tie) => ({
    tree: fc.oneof({ depthSize: 'small' }, fc.jsonValue(), tie('list'), tie('object')),
    list: fc.array(tie('tree'), { maxLength: 4 }),
    object: fc.dictionary(key, tie('tree'), { maxKeys: 4 }),
  }));

  fc.assert(
    fc.property(tree, fc.constantFrom(0, 2, '\t'), (value, indent) => {
      const text = JSON.stringify(value, null, indent);

      expect(JSON.parse(masked(text) ?? '')).toEqual(expectedOf(JSON.parse(text)));
    }),
    { numRuns: 500 },
  );
});

function expectedOf(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(expectedOf);
  if (typeof value !== 'object' || value === null) return value;

  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [name, ['plate', 'phone'].includes(name) ? '***' : expectedOf(inner)]),
  );
}

test.each([[['']], [['x'.repeat(129)]], [['a', 'a']], [Array.from({ length: 51 }, (_, at) => `f${at}`)]])(
  'these filter fields are refused: %j',
  (fields) => {
    expect(() => checkFilterFields('Lot/Events: filterFields', fields)).toThrow('Lot/Events: filterFields: received');
  },
);
