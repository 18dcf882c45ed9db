import { expect, test } from '@jest/globals';
import { checkProduct, checkProductId, type ProductDescription, productIdOf } from '../../../core/link/product.ts';
import { property } from '../../../core/link/thing-model.ts';

const SENSOR: ProductDescription = {
  name: 'ParkingSensor',
  manufacturer: { id: 'acme', name: 'Acme Sensors' },
  model: 'PS-1',
};

test('a product is a normal MQTT device of the default type unless it says otherwise', () => {
  expect(checkProduct('Parking/ParkingSensor', SENSOR)).toEqual({
    ...SENSOR,
    type: 'normal',
    protocol: 'mqtt',
    deviceType: 'Default Type',
    modelVersion: '',
    description: '',
    thingModel: {},
    enforcement: 'warn',
  });
});

test('a setting passed on as undefined means its default', () => {
  const passedOn = { ...SENSOR, type: undefined } as unknown as ProductDescription;

  expect(checkProduct('at', passedOn).type).toBe('normal');
});

test('everything a product may say is kept', () => {
  const full = {
    ...SENSOR,
    type: 'gateway',
    protocol: 'mqtt',
    deviceType: 'Gate',
    modelVersion: '2.1',
    description: 'counts cars',
    thingModel: { Gate: { plate: property.string() } },
    enforcement: 'enforce',
  } as const;

  expect(checkProduct('at', full)).toMatchObject({
    ...full,
    thingModel: { Gate: { properties: full.thingModel.Gate } },
  });
});

test.each([
  [{ name: '' }, 'name'],
  [{ name: 'x'.repeat(65) }, 'name'],
  [{ name: 'a/b' }, 'name'],
  [{ type: 'hub' }, 'type'],
  [{ protocol: 'coap' }, 'protocol'],
  [{ manufacturer: { id: 'x'.repeat(65), name: 'Acme' } }, 'manufacturer id'],
  [{ manufacturer: { id: 'acme', name: 'x'.repeat(65) } }, 'manufacturer name'],
  [{ model: 'x'.repeat(65) }, 'model'],
  [{ deviceType: '' }, 'deviceType'],
  [{ modelVersion: 'x'.repeat(65) }, 'modelVersion'],
  [{ description: 'x'.repeat(1001) }, 'description'],
  [{ thingModel: { S: {} } }, 'service S'],
  [{ enforcement: 'strict' }, 'enforcement'],
])('%j is refused for its %s', (difference, field) => {
  expect(() => checkProduct('Parking/Sensor', { ...SENSOR, ...difference } as ProductDescription)).toThrow(
    `Parking/Sensor: ${field}`,
  );
});

test('a generated product id can stand in a topic and stays the same', () => {
  const id = productIdOf('production/Parking/ParkingSensor');

  expect(id).toMatch(/^p[0-9a-f]{11}$/);
  expect(productIdOf('production/Parking/ParkingSensor')).toBe(id);
  expect(productIdOf('test/Parking/ParkingSensor')).not.toBe(id);
  expect(() => checkProductId('at', id)).not.toThrow();
});

test.each(['abc', 'a/b/c', 'x'.repeat(33), 'p+12', 'p-123'])('%s is not a product id', (id) => {
  expect(() => checkProductId('Parking/Sensor', id)).toThrow('Parking/Sensor: productId');
});

test('the reference system’s product ids are accepted', () => {
  expect(() => checkProductId('at', '7aANi9569518')).not.toThrow();
});
