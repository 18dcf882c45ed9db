import { expect, test } from '@jest/globals';
import { Device } from '../../../lib/link/device.ts';
import { Product, type ProductProps, property } from '../../../lib/link/product.ts';
import { onlyResource, resourcesOf, sandbox, sensorOf, templateOf } from '../sandbox.ts';

const MAKER = { manufacturer: { id: 'acme', name: 'Acme' }, model: 'S1' };

function productWith(props: Partial<ProductProps> = {}, name = 'production') {
  const { stack, owner } = sandbox({ name });

  return { stack, product: new Product(stack, 'Sensor', { app: owner, ...MAKER, ...props }) };
}

test('the id of a product stays from one synthesis to the next, and differs between environments', () => {
  const { product } = productWith();

  expect(product.productId).toMatch(/^p[0-9a-f]{11}$/);
  expect(productWith().product.productId).toBe(product.productId);
  expect(productWith({}, 'test').product.productId).not.toBe(product.productId);
});

test('an id given by hand is used, so that a product can be renamed', () => {
  const { stack, product } = productWith({ productId: 'parking1' });

  expect(product.productId).toBe('parking1');
  expect(onlyResource(stack, 'AWS::IoT::ThingType').Properties).toMatchObject({ ThingTypeName: 'parking1' });
});

test('the catalogue knows what it is and its topics', () => {
  const thingModel = { Status: { level: property.integer() } };
  const { stack } = productWith({ productId: 'parking1', thingModel });
  const entries = onlyResource(stack, 'Custom::CausewayCatalog').Properties['Entries'] as Record<string, string>[];
  const entry = entries.find(({ kind, name }) => kind === 'product' && name === 'Sensor');

  expect(JSON.parse(entry?.['document'] ?? '')).toMatchObject({
    productId: 'parking1',
    app: 'Owner',
    publish: 'parking1/out/{device}',
    subscribe: 'parking1/in/{device}',
    manufacturer: { id: 'acme', name: 'Acme' },
    model: 'S1',
    deviceType: 'Default Type',
    thingModel: { Status: { properties: { level: { type: 'integer', required: true } } } },
  });
});

test('the catalogue has its model for consumers, by the id that messages carry; another model is another version', () => {
  const models = [property.integer(), property.string()].map((level) => {
    const thingModel = { Status: { level } };
    const { stack } = productWith({ productId: 'parking1', thingModel, enforcement: 'enforce' });
    const entries = onlyResource(stack, 'Custom::CausewayCatalog').Properties['Entries'] as Record<string, string>[];

    return JSON.parse(entries.find(({ kind, name }) => kind === 'model' && name === 'parking1')?.['document'] ?? '');
  });

  expect(models[0]).toMatchObject({
    product: 'Sensor',
    enforcement: 'enforce',
    version: expect.stringMatching(/^[0-9a-f]{12}$/),
    thingModel: { Status: { kind: 'service', enabled: true, properties: { level: { type: 'integer' } } } },
  });
  expect(models[1].version).not.toBe(models[0].version);
});

test.each<[string, Partial<ProductProps>]>([
  ['name', { name: 'with space' }],
  ['productId', { productId: 'p/1' }],
  ['deviceType', { deviceType: '' }],
  ['enforcement', { enforcement: 'strict' as never }],
  ['description', { description: 'x'.repeat(1001) }],
])('%s is refused: %j', (setting, props) => {
  expect(() => productWith(props)).toThrow(`Lot/Sensor: ${setting}: received`);
});

test('a thing model that contradicts itself is refused', () => {
  const thingModel = { Status: { level: property.integer({ min: 5, max: 1 }) } };

  expect(() => productWith({ thingModel })).toThrow('Lot/Sensor: service Status: property level: max: received 1');
});

test('all fixed devices share one secret and one registration', () => {
  const box = sandbox();
  const product = sensorOf(box);
  new Device(box.stack, 'S-1', { product, tags: ['north'] });
  new Device(box.stack, 'S-2', { product, enabled: false, name: 'Second' });

  const { Properties } = onlyResource(box.stack, 'Custom::CausewayDevices');

  expect(Properties).toMatchObject({
    Product: 'Sensor',
    ProductId: product.productId,
    App: 'Owner',
    Devices: [
      { device: 'S-1', name: 'S-1', enabled: true, tags: ['north'], description: '' },
      { device: 'S-2', name: 'Second', enabled: false, tags: [], description: '' },
    ],
  });
  expect(Object.keys(resourcesOf(box.stack, 'AWS::SecretsManager::Secret'))).toHaveLength(2);
  expect(Object.keys(templateOf(box.stack).findOutputs('CausewayDevicesSensor'))).toHaveLength(1);
});

test('the catalogue names the secret, and who resets a password at run time may change it', () => {
  const box = sandbox();
  new Device(box.stack, 'S-1', { product: sensorOf(box) });
  const entries = onlyResource(box.stack, 'Custom::CausewayCatalog').Properties['Entries'];
  const [policy] = Object.entries(resourcesOf(box.stack, 'AWS::IAM::ManagedPolicy')).filter(([id]) =>
    id.startsWith('AllowcontrolDevices'),
  );

  expect(JSON.stringify(entries)).toMatch(/devicesSecret.*SensorSecret/);
  expect(JSON.stringify(policy?.[1].Properties['PolicyDocument'])).toMatch(/PutSecretValue.*SensorSecret/);
});

test('the platform may read and write the secret before the devices are registered', () => {
  const box = sandbox();
  new Device(box.stack, 'S-1', { product: sensorOf(box) });
  const [policy] = Object.entries(resourcesOf(box.stack, 'AWS::IAM::ManagedPolicy')).filter(([id]) =>
    id.startsWith('AllowprovisionDevices'),
  );

  expect(policy?.[1].Properties).toMatchObject({
    PolicyDocument: { Statement: [{ Action: ['secretsmanager:GetSecretValue', 'secretsmanager:PutSecretValue'] }] },
  });
  expect(onlyResource(box.stack, 'Custom::CausewayDevices').DependsOn).toContain(policy?.[0]);
});

test('a product without fixed devices has neither', () => {
  const { stack } = productWith();

  expect(resourcesOf(stack, 'Custom::CausewayDevices')).toEqual({});
  expect(Object.keys(resourcesOf(stack, 'AWS::SecretsManager::Secret'))).toHaveLength(1);
});
