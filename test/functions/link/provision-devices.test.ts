import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { clientIdOf } from '../../../core/link/client-id.ts';
import { checkPassword } from '../../../core/link/password.ts';
import { devicesResource } from '../../../functions/link/provision-devices.ts';
import { CloudFormation } from '../shared/cloud-formation.ts';
import { logLines } from '../shared/log-lines.ts';
import { DeviceRegistry } from './device-registry.ts';

const SECRET_ARN = 'arn:aws:secretsmanager:us-east-1:000000000000:secret:devices';
const log = logLines();
const clientId = (deviceId: string) => clientIdOf({ environment: 'test', productId: 'p1234', deviceId });
let cloudFormation: CloudFormation;
let registry: DeviceRegistry;

beforeEach(async () => {
  process.env['CAUSEWAY_ENVIRONMENT'] = 'test';
  cloudFormation = new CloudFormation();
  registry = new DeviceRegistry();
  await cloudFormation.start();
});

afterEach(async () => {
  await cloudFormation.stop();
});

function properties(...devices: (string | Record<string, unknown>)[]) {
  return {
    Product: 'ParkingSensor',
    ProductId: 'p1234',
    App: 'parking',
    SecretArn: SECRET_ARN,
    Devices: devices.map((device) => (typeof device === 'string' ? { device } : device)),
  };
}

const handler = () =>
  devicesResource((secretArn) => {
    expect(secretArn).toBe(SECRET_ARN);

    return registry.ports;
  });

function create(...devices: (string | Record<string, unknown>)[]) {
  return cloudFormation.send(handler(), cloudFormation.event('Create', properties(...devices)));
}

/** An update of the resource that `create` made. */
function update(answer: Record<string, unknown>, before: string[], ...devices: (string | Record<string, unknown>)[]) {
  const more = {
    PhysicalResourceId: answer['PhysicalResourceId'],
    OldResourceProperties: properties(...before),
  };

  return cloudFormation.send(handler(), cloudFormation.event('Update', properties(...devices), more));
}

test('fixed devices get a password into the secret first, then an item and a thing', async () => {
  const answer = await create('S-001', { device: 'S-002', name: 'Deck 2', enabled: 'false', tags: ['a'] });

  expect(answer).toMatchObject({ Status: 'SUCCESS', Data: {} });
  expect(registry.steps[0]).toBe('secret');
  expect(registry.secret?.devices).toEqual([
    {
      product: 'ParkingSensor',
      device: 'S-001',
      clientId: clientId('S-001'),
      username: clientId('S-001'),
      password: expect.any(String),
      publish: 'p1234/out/S-001',
      subscribe: 'p1234/in/S-001',
    },
    expect.objectContaining({ device: 'S-002' }),
  ]);
  expect(registry.device('S-001')).toEqual({
    clientId: clientId('S-001'),
    productId: 'p1234',
    product: 'ParkingSensor',
    deviceId: 'S-001',
    name: 'S-001',
    enabled: true,
    passwordHash: `hash of ${registry.passwordOf('S-001')}`,
    app: 'parking',
    tags: [],
    description: '',
    registeredAt: '2026-11-24T10:00:00.000Z',
    declaredBy: answer['PhysicalResourceId'],
    declared: { name: 'S-001', enabled: true, tags: [], description: '' },
  });
  expect(registry.device('S-002')).toMatchObject({ name: 'Deck 2', enabled: false, tags: ['a'] });
  expect(registry.things.get(clientId('S-001'))).toEqual({
    clientId: clientId('S-001'),
    productId: 'p1234',
    deviceId: 'S-001',
  });
  expect(() => checkPassword(registry.passwordOf('S-001') ?? '')).not.toThrow();
});

test('no password is in an answer or a log line', async () => {
  const answer = await create('S-001');

  expect(JSON.stringify(answer) + log.text()).not.toContain(registry.passwordOf('S-001'));
});

test('an event that is delivered twice changes nothing the second time', async () => {
  const first = await create('S-001', 'S-002');
  const [secret, device] = [structuredClone(registry.secret), registry.device('S-001')];
  registry.steps.length = 0;

  const second = await create('S-001', 'S-002');

  expect(second).toMatchObject({ Status: 'SUCCESS', PhysicalResourceId: first['PhysicalResourceId'] });
  expect(registry.secret).toEqual(secret);
  expect(registry.device('S-001')).toEqual(device);
  expect(registry.steps).not.toContain('secret');
});

test.each(['thing', 'item'])('a creation that failed at the %s is completed with the same passwords', async (step) => {
  registry.failing = step;
  expect(await create('S-001', 'S-002')).toMatchObject({ Status: 'FAILED', Reason: `TypeError: ${step} failed` });
  const password = registry.passwordOf('S-001');
  registry.failing = undefined;

  expect(await create('S-001', 'S-002')).toMatchObject({ Status: 'SUCCESS' });

  expect(registry.passwordOf('S-001')).toBe(password);
  expect(registry.device('S-001')?.passwordHash).toBe(`hash of ${password}`);
});

test('an update adds, changes and removes devices and leaves the others their passwords', async () => {
  const created = await create('S-001', 'S-002');
  const password = registry.passwordOf('S-001');

  const updated = await update(
    created,
    ['S-001', 'S-002'],
    { device: 'S-001', name: 'Entrance', enabled: 'false' },
    'S-003',
  );

  expect(updated).toMatchObject({ Status: 'SUCCESS', PhysicalResourceId: created['PhysicalResourceId'] });
  expect(registry.passwordOf('S-001')).toBe(password);
  expect(registry.device('S-001')).toMatchObject({
    name: 'Entrance',
    enabled: false,
    passwordHash: `hash of ${password}`,
  });
  expect(registry.device('S-002')).toBeUndefined();
  expect(registry.device('S-003')).toBeDefined();
  expect([...registry.things.keys()].sort()).toEqual([clientId('S-001'), clientId('S-003')].sort());
  expect(registry.secret?.devices.map(({ device }) => device)).toEqual(['S-001', 'S-003']);
});

test('a device that is disabled or removed is cut off, after the item that would let it in again has changed', async () => {
  const created = await create('S-001', 'S-002', 'S-003');
  expect(registry.cut).toEqual([]);
  registry.steps.length = 0;

  await update(created, ['S-001', 'S-002', 'S-003'], { device: 'S-001', enabled: 'false' }, 'S-003');

  expect(new Set(registry.cut)).toEqual(new Set([clientId('S-001'), clientId('S-002')]));
  expect(registry.steps.indexOf('cut')).toBeGreaterThan(registry.steps.indexOf('item'));
  expect(registry.steps.lastIndexOf('cut')).toBeGreaterThan(registry.steps.indexOf('remove item'));
});

test('what was changed at run time outlives a deployment that does not speak of it', async () => {
  const created = await create('S-001', { device: 'S-002', tags: ['a'] });
  await registry.ports.updateDevice(clientId('S-001'), { enabled: false, description: 'stolen' });
  await registry.ports.updateDevice(clientId('S-002'), { tags: ['b'], name: 'Renamed' });

  await update(created, ['S-001', 'S-002'], { device: 'S-001', name: 'Entrance' }, { device: 'S-002', tags: ['a'] });

  expect(registry.device('S-001')).toMatchObject({ name: 'Entrance', enabled: false, description: 'stolen' });
  expect(registry.device('S-002')).toMatchObject({ tags: ['b'], name: 'Renamed' });
});

test('what the declaration changes is applied, whatever was changed at run time before', async () => {
  const created = await create('S-001');
  await update(created, ['S-001'], { device: 'S-001', enabled: 'false' });
  await registry.ports.updateDevice(clientId('S-001'), { enabled: true });
  registry.cut.length = 0;

  await update(created, ['S-001'], { device: 'S-001', enabled: 'false', tags: ['x'] });
  expect(registry.device('S-001')).toMatchObject({ enabled: true, tags: ['x'] });
  expect(registry.cut).toEqual([]);

  await update(created, ['S-001'], { device: 'S-001', enabled: 'true' });
  await update(created, ['S-001'], { device: 'S-001', enabled: 'false' });
  expect(registry.device('S-001')).toMatchObject({ enabled: false });
  expect(registry.cut).toContain(clientId('S-001'));
});

test('a device of a release that did not keep what was declared is taken to be as it was declared', async () => {
  const created = await create('S-001');
  const { declared: _, ...old } = registry.device('S-001') ?? ({} as never);
  registry.devices.set(old.clientId, old);

  await update(created, ['S-001'], { device: 'S-001', enabled: 'false' });

  expect(registry.device('S-001')).toMatchObject({ enabled: false, declared: { enabled: false } });
});

test('what others keep beside a device, such as its presence, survives a deployment', async () => {
  const created = await create('S-001');
  registry.devices.set(clientId('S-001'), { ...registry.device('S-001'), seen: 'yesterday' } as never);

  await update(created, ['S-001'], { device: 'S-001', name: 'Entrance' });

  expect(registry.device('S-001')).toMatchObject({ name: 'Entrance', seen: 'yesterday' });
});

test('a device whose cutting off failed is cut off by the next attempt', async () => {
  const created = await create('S-001');
  registry.failing = 'cut';
  expect(await update(created, ['S-001'], { device: 'S-001', enabled: 'false' })).toMatchObject({ Status: 'FAILED' });
  registry.failing = undefined;

  expect(await update(created, ['S-001'], { device: 'S-001', enabled: 'false' })).toMatchObject({ Status: 'SUCCESS' });

  expect(registry.cut).toEqual([clientId('S-001'), clientId('S-001')]);
});

test('a device that a roll-back brings back has its old password', async () => {
  const created = await create('S-001', 'S-002');
  const password = registry.passwordOf('S-002');
  await update(created, ['S-001', 'S-002'], 'S-001');
  expect(registry.passwordOf('S-002')).toBeUndefined();

  await update(created, ['S-001'], 'S-001', 'S-002');

  expect(registry.passwordOf('S-002')).toBe(password);
  expect(registry.device('S-002')?.passwordHash).toBe(`hash of ${password}`);
  expect(registry.secret).not.toHaveProperty('removed');
});

test('a product under another id takes its devices along and leaves none behind', async () => {
  const created = await create('S-001');
  const more = { PhysicalResourceId: created['PhysicalResourceId'], OldResourceProperties: properties('S-001') };

  await cloudFormation.send(
    handler(),
    cloudFormation.event('Update', { ...properties('S-001'), ProductId: 'p9999' }, more),
  );

  expect([...registry.devices.values()]).toMatchObject([{ productId: 'p9999', deviceId: 'S-001' }]);
  expect([...registry.things.values()]).toMatchObject([{ productId: 'p9999', deviceId: 'S-001' }]);
});

test('a deletion removes items and things, and succeeds a second time', async () => {
  const created = await create('S-001', 'S-002');
  const remove = () =>
    cloudFormation.send(
      handler(),
      cloudFormation.event('Delete', properties('S-001', 'S-002'), {
        PhysicalResourceId: created['PhysicalResourceId'],
      }),
    );

  expect(await remove()).toMatchObject({ Status: 'SUCCESS' });
  expect([registry.devices.size, registry.things.size]).toEqual([0, 0]);
  expect(await remove()).toMatchObject({ Status: 'SUCCESS' });
});

test('a device that somebody else registered is neither taken over nor removed', async () => {
  await create('S-001');
  const other = { ...cloudFormation.event('Create', properties('S-001')), LogicalResourceId: 'Others' };

  const answer = await cloudFormation.send(handler(), other);
  const rolledBack = await cloudFormation.send(handler(), {
    ...cloudFormation.event('Delete', properties('S-001'), { PhysicalResourceId: answer['PhysicalResourceId'] }),
    LogicalResourceId: 'Others',
  });

  expect(answer).toMatchObject({
    Status: 'FAILED',
    Reason: expect.stringContaining('The device S-001 of the product ParkingSensor is registered already'),
  });
  expect(rolledBack).toMatchObject({ Status: 'SUCCESS' });
  expect(registry.device('S-001')).toBeDefined();
});

test.each([
  [['S-001', 'S-001'], 'each only once'],
  [['S/1'], 'physical id: received "S/1"'],
  [[{ device: 'S-001', enabled: 'perhaps' }], 'device S-001: enabled: received "perhaps"'],
  [Array.from({ length: 400 }, (_, i) => `S-${i}`), 'as many as fit into a secret'],
])('%j cannot be registered, and nothing is: %s', async (devices, reason) => {
  expect(await create(...devices)).toMatchObject({ Status: 'FAILED', Reason: expect.stringContaining(reason) });
  expect(registry.steps).toEqual([]);
});

test('a stack without devices is fine', async () => {
  const { Devices: _, ...none } = properties();

  expect(await cloudFormation.send(handler(), cloudFormation.event('Create', none))).toMatchObject({
    Status: 'SUCCESS',
  });
});
