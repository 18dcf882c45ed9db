import { beforeEach, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type BatchDevice, MAX_BATCH, registerDevices } from '../../../core/link/register-devices.ts';
import { DeviceRegistry } from '../../functions/link/device-registry.ts';

class Throttled extends Error {}

const PRODUCT = { product: 'ParkingSensor', productId: 'p1111', app: 'parking' };
let registry: DeviceRegistry;

beforeEach(() => {
  registry = new DeviceRegistry();
});

function register(devices: readonly BatchDevice[], ports: Partial<DeviceRegistry['ports']> = {}) {
  const all = { ...registry.ports, ...ports, isThrottled: (error: unknown) => error instanceof Throttled };

  return registerDevices(all, { environment: 'test', product: PRODUCT, devices });
}

test('each device has its outcome, in the order of the batch', async () => {
  await register([{ device: 'S-2', password: 'Other-pass-1' }]);

  const outcomes = await register([
    { device: 'S-1' },
    { device: 'S/1' },
    { device: 'S-2', password: 'Passw0rd-x' },
    { device: 'S-3', password: 'weak' },
    { device: 'S-4', name: 'Deck 4', tags: ['floor=4'] },
  ]);

  expect(outcomes).toEqual([
    expect.objectContaining({ outcome: 'registered', device: 'S-1', password: expect.stringMatching(/^.{20}$/) }),
    expect.objectContaining({
      outcome: 'refused',
      device: 'S/1',
      error: { code: 'CAUSEWAY.0400', message: expect.stringContaining('physical id: received "S/1"') },
    }),
    expect.objectContaining({ outcome: 'refused', error: expect.objectContaining({ code: 'CAUSEWAY.0409' }) }),
    expect.objectContaining({ outcome: 'refused', error: expect.objectContaining({ code: 'CAUSEWAY.0400' }) }),
    expect.objectContaining({ outcome: 'registered', device: 'S-4' }),
  ]);
  expect(registry.device('S-4')).toMatchObject({ name: 'Deck 4', tags: ['floor=4'] });
});

test('a batch that is sent again is known by its passwords, and changes nothing', async () => {
  const batch = [{ device: 'S-1', password: 'Passw0rd-x' }, { device: 'S-2' }];
  const first = await register(batch);
  const steps = registry.steps.length;

  const second = await register(batch);

  expect(second[0]).toEqual({ ...first[0], outcome: 'known' });
  expect(second[1]).toMatchObject({ outcome: 'refused', error: { code: 'CAUSEWAY.0409' } });
  // Only S-2, which came without a password, was tried.
  expect(registry.steps.slice(steps)).toEqual(['thing', 'item']);
});

test('a device that appears between the look and the write is known too', async () => {
  const found = registry.ports.findDevice;
  let looks = 0;
  await register([{ device: 'S-1', password: 'Passw0rd-x' }]);

  const [outcome] = await register([{ device: 'S-1', password: 'Passw0rd-x' }], {
    findDevice: async (clientId) => (looks++ === 0 ? undefined : found(clientId)),
  });

  expect(outcome).toMatchObject({ outcome: 'known' });
});

test('a fixed device is nobody’s to claim, whatever password is sent', async () => {
  await register([{ device: 'S-1', password: 'Passw0rd-x' }]);
  for (const [clientId, device] of registry.devices) {
    registry.devices.set(clientId, { ...device, declaredBy: 'stack' });
  }

  expect(await register([{ device: 'S-1', password: 'Passw0rd-x' }])).toMatchObject([
    { outcome: 'refused', error: { code: 'CAUSEWAY.0409' } },
  ]);
});

test('a device for which the registry had no time is told apart from one that is refused', async () => {
  const outcomes = await register([{ device: 'S-1' }, { device: 'S-2' }], {
    addThing: async ({ deviceId }) => {
      if (deviceId === 'S-1') throw new Throttled();
    },
  });

  expect(outcomes).toMatchObject([
    { outcome: 'throttled', device: 'S-1' },
    { outcome: 'registered', device: 'S-2' },
  ]);
});

test('an unforeseen fault fails the call, and the batch can be sent again', async () => {
  const batch = Array.from({ length: 30 }, (_, i) => ({ device: `S-${i}`, password: `Passw0rd-${i}` }));
  registry.failing = 'item';
  await expect(register(batch)).rejects.toThrow('item failed');
  registry.failing = undefined;

  const outcomes = await register(batch);

  expect(outcomes.map(({ outcome }) => outcome)).toEqual(batch.map(() => 'registered'));
});

test.each([0, MAX_BATCH + 1])('a batch of %d is refused', async (size) => {
  const batch = Array.from({ length: size }, (_, i) => ({ device: `S-${i}` }));

  await expect(register(batch)).rejects.toThrow(`1 to ${MAX_BATCH} a call`);
  expect(registry.steps).toEqual([]);
});

test('wherever an attempt breaks off, the next one ends with every device registered under the password it was sent with', async () => {
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: 20 }), fc.nat(60), async (size, failAt) => {
      registry = new DeviceRegistry();
      const batch = Array.from({ length: size }, (_, i) => ({ device: `S-${i}`, password: `Passw0rd-${i}` }));
      let steps = 0;
      const addThing: typeof registry.ports.addThing = async (thing) => {
        if (steps++ === failAt) throw new TypeError('broken off');
        await registry.ports.addThing(thing);
      };
      await register(batch, { addThing }).catch(() => undefined);

      const outcomes = await register(batch);

      expect(outcomes).toMatchObject(batch.map(({ device, password }) => ({ device, password })));
      expect(outcomes.every(({ outcome }) => outcome === 'registered' || outcome === 'known')).toBe(true);
      for (const { device, password } of batch) {
        expect(registry.device(device)?.passwordHash).toBe(`hash of ${password}`);
      }
    }),
  );
});
