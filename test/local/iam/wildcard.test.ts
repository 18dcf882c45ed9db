import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { literal, matchesArn, matchesWildcard } from '../../../local/iam/wildcard.ts';

/** The same rule as a regular expression: an oracle, too slow for hostile patterns (many stars in a row). */
function oracle(pattern: string, text: string): boolean {
  const source = [...pattern.replace(/\*+/g, '*')]
    .map((one) => {
      if (one === '*') return '.*';

      return one === '?' ? '.' : one.replace(/[\\^$.|+()[\]{}/]/, '\\$&');
    })
    .join('');

  return new RegExp(`^${source}$`, 's').test(text);
}

test('a pattern matches what the regular expression for it matches', () => {
  const text = fc.string({ unit: fc.constantFrom('a', 'b', ':', '.'), maxLength: 12 });
  const pattern = fc.string({ unit: fc.constantFrom('a', 'b', ':', '.', '*', '?'), maxLength: 6 });

  fc.assert(
    fc.property(pattern, text, (one, other) => {
      expect(matchesWildcard(one, other)).toBe(oracle(one, other));
    }),
    { numRuns: 2000 },
  );
});

test('a literal matches itself and nothing else', () => {
  const text = fc.string({ unit: fc.constantFrom('a', '*', '?'), maxLength: 5 });

  fc.assert(
    fc.property(text, text, (one, other) => {
      expect(matchesWildcard(literal(one), other)).toBe(one === other);
    }),
  );
});

test.each([
  ['arn:aws:iot:*:*:rule/a', 'arn:aws:iot:us-east-1:000000000000:rule/a', true],
  ['arn:aws:iot:*:rule/a', 'arn:aws:iot:us-east-1:000000000000:rule/a', false],
  ['arn:aws:execute-api:us-east-1:0:x/*/GET/*', 'arn:aws:execute-api:us-east-1:0:x/RELEASE/GET/a:b', true],
  ['arn:aws:*', 'arn:aws:iot:us-east-1:000000000000:rule/a', false],
])('%s against %s: no star reaches over one of the first five colons', (pattern, text, expected) => {
  expect(matchesArn(pattern, text)).toBe(expected);
});
