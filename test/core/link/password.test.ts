import { expect, test } from '@jest/globals';
import { assert, property, stringMatching } from 'fast-check';
import { checkPassword, generatePassword, hashPassword, verifyPassword } from '../../../core/link/password.ts';

test.each(['Passw0rd!', 'aB3$efgh', `aB3$${'x'.repeat(28)}`])('the password %s is strong enough', (password) => {
  expect(() => checkPassword(password)).not.toThrow();
});

test.each([
  ['aB3$efg', '7 characters'],
  [`aB3$${'x'.repeat(29)}`, '33 characters'],
  ['Password!', 'a digit'],
  ['passw0rd!', 'an upper-case letter'],
  ['PASSW0RD!', 'a lower-case letter'],
  ['Passw0rdd', 'a special character'],
  ['Passw0rd !', 'a space'],
  ['Passw0rd!é', 'outside ASCII'],
])('the password %s is refused: %s', (password, reason) => {
  expect(() => checkPassword(password)).toThrow(reason);
});

test('a refusal never repeats the password', () => {
  expect(() => checkPassword('hunter2-secret')).toThrow(
    expect.objectContaining({ message: expect.not.stringContaining('hunter2') }),
  );
});

test('a generated password passes its own rules and needs no quoting, and no two are the same', () => {
  const passwords = Array.from({ length: 200 }, generatePassword);

  for (const password of passwords) {
    expect(() => checkPassword(password)).not.toThrow();
    expect(password).toMatch(/^[A-Za-z0-9._-]{20}$/);
  }
  expect(new Set(passwords).size).toBe(passwords.length);
});

test('a hash is salted, says how it was made, and knows its password and no other', async () => {
  const stored = await hashPassword('Passw0rd!');

  expect(stored).toMatch(/^scrypt\$8192\$8\$1\$[A-Za-z0-9+/=]{24}\$[A-Za-z0-9+/=]{44}$/);
  expect(stored).not.toBe(await hashPassword('Passw0rd!'));
  expect(await verifyPassword('Passw0rd!', stored)).toBe(true);
  expect(await verifyPassword('Passw0rd?', stored)).toBe(false);
  expect(await verifyPassword('', stored)).toBe(false);
});

test('hashes of another cost are still understood, so that the cost can change', async () => {
  // Python: hashlib.scrypt(b'Passw0rd!', salt=b'0123456789abcdef', n=4096, r=8, p=1, dklen=32)
  const stored = 'scrypt$4096$8$1$MDEyMzQ1Njc4OWFiY2RlZg==$hyF2Ezga9YunTGM96PHsUTIUiMaiDXm7+w6veq1pgls=';

  expect(await verifyPassword('Passw0rd!', stored)).toBe(true);
  expect(await verifyPassword('passw0rd!', stored)).toBe(false);
});

test('without a hash, no password is right: not even the one an empty hash would stand for', async () => {
  expect(await verifyPassword('Passw0rd!', undefined)).toBe(false);
});

test.each([
  'plain',
  'scrypt$8192$8$1$c2FsdA==$',
  'scrypt$8192$8$1$c2FsdA==$c2hvcnQ=',
  'scrypt$8191$8$1$MDEyMzQ1Njc4OWFiY2RlZg==$MDEyMzQ1Njc4OWFiY2RlZg==',
  'scrypt$262144$8$1$MDEyMzQ1Njc4OWFiY2RlZg==$MDEyMzQ1Njc4OWFiY2RlZg==',
  'scrypt$8192$99$1$MDEyMzQ1Njc4OWFiY2RlZg==$MDEyMzQ1Njc4OWFiY2RlZg==',
])('a damaged hash lets nobody in and breaks nothing: %s', async (stored) => {
  expect(await verifyPassword('Passw0rd!', stored)).toBe(false);
});

test('whatever holds all four classes in 8 to 32 visible characters is accepted', () => {
  assert(
    property(stringMatching(/^[!-~]{4,28}$/), (filler) => {
      expect(() => checkPassword(`aA1!${filler}`)).not.toThrow();
    }),
  );
});
