import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { isExactNumber, parseJson } from '../../../core/fdi/json.ts';

test('JSON is parsed as JSON.parse does, and written back without a digit changed', () => {
  fc.assert(
    fc.property(fc.json(), (text) => {
      expect(JSON.parse(JSON.stringify(parseJson(text)))).toEqual(JSON.parse(text));
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
