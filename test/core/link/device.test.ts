import { expect, test } from '@jest/globals';
import { checkDevice } from '../../../core/link/device.ts';

test('a device is enabled and named after its physical id unless it says otherwise', () => {
  expect(checkDevice('Parking/Sensors', { device: 'S-001' })).toEqual({
    device: 'S-001',
    name: 'S-001',
    enabled: true,
    tags: [],
    description: '',
  });
  expect(
    checkDevice('Parking/Sensors', {
      device: 'S1',
      name: 'Gate',
      enabled: false,
      tags: ['a'],
      description: 'at the gate',
    }),
  ).toEqual({ device: 'S1', name: 'Gate', enabled: false, tags: ['a'], description: 'at the gate' });
});

test.each(['ab', 'A_b-9', 'x'.repeat(64)])('%s is a physical id', (device) => {
  expect(checkDevice('at', { device }).device).toBe(device);
});

test.each(['a', '', 'x'.repeat(65), 'a b', 'a/b', 'a+', 'ä-1', 'a\n'])('%j is not a physical id', (device) => {
  expect(() => checkDevice('Parking/Sensors', { device })).toThrow(
    `Parking/Sensors: physical id: received ${JSON.stringify(device)}`,
  );
});

test.each([
  [{ name: 'x' }, 'name'],
  [{ name: 'x'.repeat(65) }, 'name'],
  [{ description: 'x'.repeat(1001) }, 'description'],
  [{ tags: Array.from({ length: 11 }, (_, i) => `t${i}`) }, 'tags'],
  [{ tags: [''] }, 'tag'],
  [{ tags: ['x'.repeat(65)] }, 'tag'],
])('%j is refused for its %s', (difference, field) => {
  expect(() => checkDevice('at', { device: 'S-001', ...difference })).toThrow(`at: ${field}: received`);
});
