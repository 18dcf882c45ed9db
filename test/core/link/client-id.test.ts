import { expect, test } from '@jest/globals';
import { clientIdOf } from '../../../core/link/client-id.ts';

const SENSOR = { environment: 'production', productId: 'p1', deviceId: 'S-001' };

test('a client id is fit to be a principal id, and the same every time', () => {
  expect(clientIdOf(SENSOR)).toMatch(/^d[0-9a-f]{20}$/);
  expect(clientIdOf({ ...SENSOR })).toBe(clientIdOf(SENSOR));
});

test('a client id is the documented digest, since devices keep it for years', () => {
  expect(clientIdOf(SENSOR)).toBe('d0eae89b6c83f31762b66');
});

test.each([{ environment: 'test' }, { productId: 'p2' }, { deviceId: 'S-002' }])(
  'another device is another client: %j',
  (difference) => {
    expect(clientIdOf({ ...SENSOR, ...difference })).not.toBe(clientIdOf(SENSOR));
  },
);
