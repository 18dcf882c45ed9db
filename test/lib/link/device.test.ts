import { expect, test } from '@jest/globals';
import { Device, type DeviceProps } from '../../../lib/link/device.ts';
import { sandbox, sensorOf } from '../sandbox.ts';

test.each<[string, Omit<DeviceProps, 'product'>]>([
  ['physical id', { device: 'x' }],
  ['physical id', { device: 'with/slash' }],
  ['name', { name: 'x' }],
  ['tags', { tags: Array.from({ length: 11 }, (_, at) => `tag${at}`) }],
  ['tag', { tags: [''] }],
  ['description', { description: 'x'.repeat(1001) }],
])('%s is refused: %j', (setting, props) => {
  const box = sandbox();

  expect(() => new Device(box.stack, 'S-1', { product: sensorOf(box), ...props })).toThrow(
    `Lot/S-1: ${setting}: received`,
  );
});

test('a device of the same id in the same product is refused', () => {
  const box = sandbox();
  const product = sensorOf(box);
  new Device(box.stack, 'One', { product, device: 'S-1' });

  expect(() => new Device(box.stack, 'Two', { product, device: 'S-1' })).toThrow(
    'Lot/Two: device: received "S-1"; allowed: an id no other device of Lot/Sensor has',
  );
});
