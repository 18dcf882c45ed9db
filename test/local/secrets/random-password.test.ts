import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { randomPassword } from '../../../local/secrets/random-password.ts';

const options = fc.record(
  {
    PasswordLength: fc.integer({ min: 5, max: 100 }),
    ExcludeCharacters: fc.string({ maxLength: 5 }),
    ExcludeNumbers: fc.boolean(),
    ExcludePunctuation: fc.boolean(),
    ExcludeUppercase: fc.boolean(),
    IncludeSpace: fc.boolean(),
  },
  { requiredKeys: [] },
);

test('a password has its length, one of every included type and nothing that is excluded', () => {
  fc.assert(
    fc.property(options, (given) => {
      const password = randomPassword(given);

      expect(password).toHaveLength(given.PasswordLength ?? 32);
      expect(password).toMatch(/[a-z]/);
      expect(/[0-9]/.test(password)).toBe(!given.ExcludeNumbers);
      expect(/[A-Z]/.test(password)).toBe(!given.ExcludeUppercase);
      expect(/[^A-Za-z0-9 ]/.test(password)).toBe(!given.ExcludePunctuation);
      expect(password.includes(' ')).toBe(given.IncludeSpace === true && !given.ExcludeCharacters?.includes(' '));
      for (const character of given.ExcludeCharacters ?? '') expect(password).not.toContain(character);
    }),
  );
});

test('no two passwords are the same', () => {
  expect(new Set(Array.from({ length: 200 }, () => randomPassword({}))).size).toBe(200);
});

test('a type is not required when nobody asks for it', () => {
  expect(randomPassword({ PasswordLength: 1, RequireEachIncludedType: false })).toHaveLength(1);
});

test.each([
  [{ PasswordLength: 3 }, 'is too short to hold one character of each of the 4 included types'],
  [
    { ExcludeLowercase: true, ExcludeUppercase: true, ExcludeNumbers: true, ExcludePunctuation: true },
    'exclude every character',
  ],
])('%j cannot be', (given, message) => {
  expect(() => randomPassword(given)).toThrow(message);
});
