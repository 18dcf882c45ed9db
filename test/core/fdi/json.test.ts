import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { isExactNumber, parseJson } from '../../../core/fdi/json.ts';

const namesIn = (value: unknown): readonly string[] =>
  typeof value === 'object' && value !== null
    ? [...(Array.isArray(value) ? [] : Object.keys(value)), ...Object.values(value).flatMap(namesIn)]
    : [];

test.each([
  ['{"\\\\":1}', '\\\\'],
  ['{"a":[{"b\\u005Cc" :1}]}', 'b\\u005Cc'],
  ['{"a":"x\\\\","\\\\":1}', '\\\\'],
])('a name that holds a backslash is refused, since what is read after it would be read wrong: %s', (text, name) => {
  expect(() => parseJson(text)).toThrow(`a name that holds a backslash cannot be read reliably: "${name}"`);
  expect(parseJson('{"a":[],"\\"":0}')).toEqual({ a: [], '"': 0 });
});

test.each(['{"a":"C:\\\\b"}', '["\\\\", ":"]', '{"a":"\\\\\\":","\\"":1}', '"\\\\"'])(
  'a value may hold one: %s',
  (text) => {
    expect(JSON.stringify(parseJson(text))).toBe(text.replaceAll(', ', ','));
  },
);

test('JSON is parsed as JSON.parse does, and written back without a digit changed', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const text = JSON.stringify(value);
      if (namesIn(value).some((name) => name.includes('\\'))) {
        expect(() => parseJson(text)).toThrow('backslash');
      } else {
        expect(JSON.stringify(parseJson(text))).toBe(text);
      }
    }),
  );
  fc.assert(
    fc.property(fc.bigInt(), (number) => {
      expect(JSON.stringify(parseJson(`{"n":[${number}]}`))).toBe(`{"n":[${number}]}`);
    }),
  );
});

test.each(['12345678901234567890', '0.12345678901234567', '1234567890.12345678'])('%s keeps its digits', (text) => {
  const number = parseJson(text);

  expect(isExactNumber(number) && number.rawJSON).toBe(text);
});

test.each(['1', '-0.5', '1e21', '123456789012345', '"12345678901234567890"', 'null', '{"rawJSON":"1"}'])(
  '%s is an ordinary value',
  (text) => {
    expect(isExactNumber(parseJson(text))).toBe(false);
  },
);
