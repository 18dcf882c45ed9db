import { expect, test } from '@jest/globals';
import { generateAppCredentials, isAppCredentials } from '../../../core/apic/app-credentials.ts';

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
