import { expect, test } from '@jest/globals';
import {
  checkAppCode,
  generateAppCode,
  generateAppCredentials,
  isAppCredentials,
} from '../../../core/apic/app-credentials.ts';

test('credentials have the lengths and letters their users expect', () => {
  for (let i = 0; i < 100; i += 1) {
    const { key, secret, appCodes } = generateAppCredentials();

    expect(key).toMatch(/^[A-Za-z0-9]{20}$/);
    expect(secret).toMatch(/^[A-Za-z0-9]{40}$/);
    expect(appCodes).toEqual([expect.stringMatching(/^[A-Za-z][A-Za-z0-9]{39}$/)]);
  }
});

test('no two credentials share anything', () => {
  const all = Array.from({ length: 100 }, generateAppCredentials);

  expect(new Set(all.flatMap(({ key, secret, appCodes }) => [key, secret, ...appCodes])).size).toBe(300);
});

test.each([
  [generateAppCredentials(), true],
  [{ key: 'k', secret: 's', appCodes: [] }, true],
  [{ key: 'k', secret: '', appCodes: [] }, false],
  [{ key: 'k', secret: 's' }, false],
  [{ key: 'k', secret: 's', appCodes: [7] }, false],
  [{}, false],
  [undefined, false],
])('%j as credentials: %s', (value, expected) => {
  expect(isAppCredentials(value)).toBe(expected);
});

test.each([generateAppCode(), `+${'_'.repeat(31)}`, `/${'=9@'.repeat(59)}`, `a${'!#$%'.repeat(9)}`])(
  'the AppCode %s can be one',
  (code) => {
    expect(checkAppCode(code)).toBe(code);
  },
);

test.each(['', `9${'a'.repeat(40)}`, 'a'.repeat(31), 'a'.repeat(181), `a${' '.repeat(40)}`, `ä${'a'.repeat(40)}`])(
  'the AppCode %j can be none, and the refusal does not repeat it',
  (code) => {
    expect(() => checkAppCode(code)).toThrow(/^AppCode: received "\d+ characters"; allowed: 32 to 180/);
  },
);
