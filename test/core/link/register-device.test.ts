import { expect, test } from '@jest/globals';
import { clientIdOf } from '../../../core/link/client-id.ts';
import type { DeviceRecord } from '../../../core/link/device.ts';
import { checkPassword } from '../../../core/link/password.ts';
import { type DeviceThing, registerDevice } from '../../../core/link/register-device.ts';

const PRODUCT = { product: 'ParkingSensor', productId: 'p1234', app: 'parking' };
const REQUEST = { environment: 'production', product: PRODUCT, device: 'S-001' };
const CLIENT_ID = clientIdOf({ environment: 'production', productId: 'p1234', deviceId: 'S-001' });

function registry() {
  const devices = new Map<string, DeviceRecord>();
  const things: DeviceThing[] = [];

  return {
    devices,
    things,
    ports: {
      addDevice: async (device: DeviceRecord) =>
        !devices.has(device.clientId) && Boolean(devices.set(device.clientId, device)),
      addThing: async (thing: DeviceThing) => void things.push(thing),
      hashPassword: async (password: string) => `hash of ${password}`,
      now: () => new Date('2026-11-24T10:00:00Z'),
    },
  };
}

test('a registered device gets all it needs to log in, and only the hash of its password is kept', async () => {
  const { ports, devices, things } = registry();

  const credentials = await registerDevice(ports, { ...REQUEST, password: 'Passw0rd!', tags: ['deck-1'] });

  expect(credentials).toEqual({
    product: 'ParkingSensor',
    device: 'S-001',
    clientId: CLIENT_ID,
    username: CLIENT_ID,
    password: 'Passw0rd!',
    publish: 'p1234/out/S-001',
    subscribe: 'p1234/in/S-001',
  });
  expect(devices.get(CLIENT_ID)).toEqual({
    clientId: CLIENT_ID,
    productId: 'p1234',
    product: 'ParkingSensor',
    deviceId: 'S-001',
    name: 'S-001',
    enabled: true,
    passwordHash: 'hash of Passw0rd!',
    app: 'parking',
    tags: ['deck-1'],
    description: '',
    registeredAt: '2026-11-24T10:00:00.000Z',
  });
  expect(things).toEqual([{ clientId: CLIENT_ID, productId: 'p1234', deviceId: 'S-001' }]);
});

test('without a password one is generated', async () => {
  const { password } = await registerDevice(registry().ports, REQUEST);

  expect(() => checkPassword(password)).not.toThrow();
});

test('registering a device twice is a conflict and leaves the first as it is', async () => {
  const { ports, devices } = registry();
  await registerDevice(ports, { ...REQUEST, password: 'Passw0rd!' });

  await expect(registerDevice(ports, { ...REQUEST, password: 'An0ther-one' })).rejects.toMatchObject({
    code: 'CAUSEWAY.0409',
    message: 'The device S-001 of the product ParkingSensor is registered already.',
  });
  expect(devices.get(CLIENT_ID)?.passwordHash).toBe('hash of Passw0rd!');
});

test.each([
  [{ password: 'weak' }, 'password'],
  [{ device: 'S/1' }, 'physical id'],
  [{ name: 'x' }, 'name'],
])('%j is refused before anything is stored', async (difference, reason) => {
  const { ports, devices, things } = registry();

  await expect(registerDevice(ports, { ...REQUEST, ...difference })).rejects.toThrow(reason);
  expect([devices.size, things.length]).toEqual([0, 0]);
});
