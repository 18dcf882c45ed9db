import { expect, test } from '@jest/globals';
import { Lazy, Stack } from 'aws-cdk-lib';
import { checkKnown, checkLength, checkName, checkWhole } from '../../../lib/platform/setting.ts';
import { testApp } from '../sandbox.ts';

test('a refusal names the construct, the setting, what was received and what is allowed', () => {
  const place = new Stack(testApp(), 'Lot');

  expect(() => checkWhole(place, 'partitions', 0, { min: 1, max: 100 })).toThrow(
    'Lot: partitions: received 0; allowed: a whole number from 1 to 100',
  );
});

test('the unit is part of what is allowed', () => {
  expect(() => checkWhole('x', 'backup', 1.5, { min: 7, max: 35, unit: 'days' })).toThrow('from 7 to 35 days');
});

test('limits themselves are allowed', () => {
  expect(checkWhole('x', 'n', 1, { min: 1, max: 2 })).toBe(1);
  expect(checkWhole('x', 'n', 2, { min: 1, max: 2 })).toBe(2);
});

test('numbers and texts known only at deployment pass, names do not', () => {
  const number = Lazy.number({ produce: () => 3 });
  const text = Lazy.string({ produce: () => 'long'.repeat(100) });

  expect(checkWhole('x', 'n', number, { min: 1, max: 2 })).toBe(number);
  expect(checkLength('x', 'description', text, 10)).toBe(text);
  expect(() => checkName('x', 'name', text, /./, 'anything')).toThrow('known only at deployment');
});

test('a text that is too long is refused', () => {
  expect(() => checkLength('x', 'description', 'abc', 2)).toThrow('at most 2 characters');
});

test('options that are not known are refused', () => {
  expect(() => checkKnown('x', { a: 1, b: 2 }, ['a'])).toThrow('x: b: received 2; allowed: a');
});
