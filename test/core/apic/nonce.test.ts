import { expect, test } from '@jest/globals';
import { nonceOf } from '../../../core/apic/nonce.ts';

const ONE = { key: 'k', signature: 's', date: new Date('2026-11-20T09:34:43Z') };

test('a signature is known by its key and itself, not by what it says', () => {
  expect(nonceOf(ONE).id).toMatch(/^[0-9a-f]{64}$/);
  expect(nonceOf({ ...ONE, date: new Date(0) }).id).toBe(nonceOf(ONE).id);
  expect(nonceOf({ ...ONE, key: 'other' }).id).not.toBe(nonceOf(ONE).id);
  expect(nonceOf({ ...ONE, signature: 'other' }).id).not.toBe(nonceOf(ONE).id);
});

test('it is remembered a minute longer than its date is good, in seconds', () => {
  expect(new Date(nonceOf(ONE).until * 1000).toISOString()).toBe('2026-11-20T09:50:43.000Z');
});
