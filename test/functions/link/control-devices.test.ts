import { beforeEach, expect, test } from '@jest/globals';
import { clientIdOf } from '../../../core/link/client-id.ts';
import { controlDevices } from '../../../functions/link/control-devices.ts';
import { logLines } from '../shared/log-lines.ts';
import { callManagement } from '../shared/management-call.ts';
import { DeviceRegistry } from './device-registry.ts';

const log = logLines();
const SECRET_ARN = 'arn:aws:secretsmanager:us-east-1:000000000000:secret:devices';
const clientId = clientIdOf({ environment: 'test', productId: 'p1111', deviceId: 'S-001' });
const CREDENTIALS = {
  product: 'ParkingSensor',
  device: 'S-001',
  clientId,
  username: clientId,
  password: 'Passw0rd-old',
  publish: 'p1111/out/S-001',
  subscribe: 'p1111/in/S-001',
};
let registry: DeviceRegistry;
let devicesSecret: string | undefined;

beforeEach(() => {
  process.env['CAUSEWAY_ENVIRONMENT'] = 'test';
  devicesSecret = SECRET_ARN;
  registry = new DeviceRegistry();
  registry.devices.set(clientId, {
    clientId,
    productId: 'p1111',
    product: 'ParkingSensor',
    deviceId: 'S-001',
    name: 'S-001',
    enabled: true,
    passwordHash: 'hash of Passw0rd-old',
    app: 'parking',
    tags: ['deck-1'],
    description: '',
    registeredAt: '2026-11-24T10:00:00.000Z',
  });
});

function control(method: string, body: unknown, { device = 'S-001', resource = '/devices/{product}/{device}' } = {}) {
  const handler = controlDevices(() => ({
    ...registry.ports,
    findProduct: async (name) =>
      name === 'ParkingSensor'
        ? {
            product: name,
            productId: 'p1111',
            app: 'parking',
            ...(devicesSecret === undefined ? {} : { devicesSecret }),
          }
        : undefined,
    secretAt: (arn) => {
      expect(arn).toBe(SECRET_ARN);

      return { read: registry.ports.readSecret, write: registry.ports.writeSecret };
    },
  }));

  return callManagement(handler, { method, resource, path: { product: 'ParkingSensor', device }, body });
}

const change = (body: unknown, device?: string) => control('PATCH', body, device === undefined ? {} : { device });
const reset = (body?: unknown) => control('POST', body, { resource: '/devices/{product}/{device}/password' });

function declare(): void {
  registry.devices.set(clientId, { ...registry.device('S-001'), declaredBy: 'stack/devices' } as never);
  registry.secret = { devices: [{ ...CREDENTIALS, device: 'S-000', clientId: 'd0' }, CREDENTIALS] };
}

test('a disabled device is cut off, after the item that would let it in again has changed', async () => {
  const { status, body } = await change({ enabled: false });

  expect(status).toBe(200);
  expect(body).toMatchObject({ device: 'S-001', enabled: false, tags: ['deck-1'] });
  expect(JSON.stringify(body)).not.toContain('hash of');
  expect(registry.steps).toEqual(['item', 'cut', 'pause', 'cut']);
  expect(registry.device('S-001')).toMatchObject({ enabled: false, tags: ['deck-1'] });
});

test('disabling what is disabled cuts it off again: an attempt that failed can be repeated', async () => {
  registry.failing = 'cut';
  expect(await change({ enabled: false })).toMatchObject({ status: 500 });
  registry.failing = undefined;

  expect(await change({ enabled: false })).toMatchObject({ status: 200 });
  expect(registry.cut).toEqual([clientId, clientId]);
});

test('a device that is enabled or renamed keeps its connection', async () => {
  await change({ enabled: true });
  await change({ name: 'Entrance', tags: [], description: 'by the lift' });

  expect(registry.device('S-001')).toMatchObject({ name: 'Entrance', tags: [], description: 'by the lift' });
  expect(registry.cut).toEqual([]);
});

test('only what changes is written: a change that somebody else makes meanwhile is kept', async () => {
  const { updateDevice } = registry.ports;
  const written: unknown[] = [];
  Object.assign(registry.ports, {
    updateDevice: (id: string, changes: object) => {
      written.push(changes);
      return updateDevice(id, changes);
    },
  });

  await change({ name: 'Entrance', enabled: true });

  expect(written).toEqual([{ name: 'Entrance' }]);
});

test.each([
  [{}, 'nothing to change; allowed: enabled, name, tags, description'],
  [{ enabled: 'no' }, 'body.enabled: boolean expected'],
  [{ passwordHash: 'x' }, 'passwordHash is not known here'],
  [{ name: 'x' }, 'name: received "x"'],
  [{ tags: Array.from({ length: 11 }, () => 'a') }, 'tags'],
])('%j is refused: %s', async (body, message) => {
  expect(await change(body)).toMatchObject({
    status: 400,
    body: { error_code: 'CAUSEWAY.0400', error_msg: expect.stringContaining(message) },
  });
  expect(registry.steps).toEqual([]);
});

test('a device that is not there cannot be changed', async () => {
  expect(await change({ enabled: false }, 'S-999')).toMatchObject({
    status: 404,
    body: { error_msg: 'The product ParkingSensor has no device S-999.' },
  });
});

test('a new password is answered once, stored as a hash, and whoever uses the old one is cut off', async () => {
  const { status, body } = await reset();

  expect(status).toBe(200);
  expect(body).toEqual({ ...CREDENTIALS, password: expect.stringMatching(/^.{20}$/) });
  expect(registry.device('S-001')?.passwordHash).toBe(`hash of ${body['password']}`);
  expect(registry.steps).toEqual(['item', 'cut', 'pause', 'cut']);
  expect(log.text()).not.toContain(body['password']);
});

test('a chosen password is held to the rules of registration', async () => {
  expect(await reset({ password: 'Passw0rd-new' })).toMatchObject({ status: 200, body: { password: 'Passw0rd-new' } });
  expect(await reset({ password: 'weak' })).toMatchObject({
    status: 400,
    body: { error_msg: expect.stringContaining('password: it has 4 characters') },
  });
  expect(registry.device('S-001')?.passwordHash).toBe('hash of Passw0rd-new');
});

test('the password of a fixed device goes into its secret first, and the others there stay', async () => {
  declare();

  const { body } = await reset();

  expect(registry.steps).toEqual(['secret', 'item', 'cut', 'pause', 'cut']);
  expect(registry.secret?.devices).toEqual([{ ...CREDENTIALS, device: 'S-000', clientId: 'd0' }, body]);
});

test('of two resets at one moment neither is lost to the secret', async () => {
  declare();
  const before = structuredClone(registry.secret);
  const { writeSecret } = registry.ports;
  let writes = 0;
  Object.assign(registry.ports, {
    writeSecret: async (secret: never) => {
      writes += 1;
      // Somebody who had read the secret before writes it after us, once.
      await writeSecret(writes === 1 ? (before as never) : secret);
    },
  });

  const { body } = await reset();

  expect(registry.passwordOf('S-001')).toBe(body['password']);
});

test('a fixed device whose secret is not known keeps its password, and the answer says what to do', async () => {
  declare();
  devicesSecret = undefined;

  expect(await reset()).toMatchObject({
    status: 412,
    body: { error_code: 'CAUSEWAY.0412', error_msg: expect.stringContaining('deploy its stack once more') },
  });
  expect(registry.device('S-001')?.passwordHash).toBe('hash of Passw0rd-old');
});
