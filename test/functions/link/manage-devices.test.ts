import { beforeEach, expect, test } from '@jest/globals';
import { clientIdOf } from '../../../core/link/client-id.ts';
import type { DeviceProduct } from '../../../core/link/register-device.ts';
import { manageDevices } from '../../../functions/link/manage-devices.ts';
import { logLines } from '../shared/log-lines.ts';
import { type Call, callManagement } from '../shared/management-call.ts';
import { DeviceRegistry } from './device-registry.ts';

const log = logLines();
const PRODUCTS: readonly DeviceProduct[] = [
  { product: 'ParkingGate', productId: 'p2222', app: 'parking' },
  { product: 'ParkingSensor', productId: 'p1111', app: 'parking' },
];
const NAMED = { manufacturerId: 'acme', manufacturerName: 'Acme', model: 'PS-1' };
let registry: DeviceRegistry;
/** What gateways were told. */
const told: { readonly topic: string; readonly payload: unknown }[] = [];
/** Terms that the index was asked for. */
const asked: string[] = [];

beforeEach(() => {
  process.env['CAUSEWAY_ENVIRONMENT'] = 'test';
  registry = new DeviceRegistry();
});

function call(request: Call) {
  const handler = manageDevices(() => ({
    ...registry.ports,
    findProduct: async (name) => {
      const found = PRODUCTS.find(({ product }) => product === name);

      return found && { ...found, ...NAMED };
    },
    productIds: async () => PRODUCTS.map(({ productId }) => productId),
    devicesOf: async (productId, { limit, next }) => {
      const from = Number(next ?? 0);
      const all = [...registry.devices.values()].filter((device) => device.productId === productId);
      const items = all.slice(from, from + limit);

      return from + limit < all.length ? { items, next: String(from + limit) } : { items };
    },
    publish: async (topic, payload) => void told.push({ topic, payload: JSON.parse(payload) }),
    devicesUnder: async (term) => {
      asked.push(term);

      return { items: [...registry.devices.values()] };
    },
  }));

  return callManagement(handler, request);
}

function register(body: Record<string, unknown>) {
  return call({ method: 'POST', resource: '/devices', body: { product: 'ParkingSensor', ...body } });
}

test('a device is registered at run time and its credentials are answered once', async () => {
  const { status, body } = await register({
    device: 'S-100',
    name: 'Deck 1',
    tags: ['deck-1'],
    description: 'by the lift',
  });

  const clientId = clientIdOf({ environment: 'test', productId: 'p1111', deviceId: 'S-100' });
  expect(status).toBe(201);
  expect(body).toEqual({
    product: 'ParkingSensor',
    device: 'S-100',
    clientId,
    username: clientId,
    password: expect.stringMatching(/^.{20}$/),
    publish: 'p1111/out/S-100',
    subscribe: 'p1111/in/S-100',
  });
  expect(registry.device('S-100')).toMatchObject({
    name: 'Deck 1',
    tags: ['deck-1'],
    description: 'by the lift',
    enabled: true,
  });
  expect(registry.things.has(clientId)).toBe(true);
  expect(log.text()).not.toContain(body['password']);
});

test('a device may bring its password and be disabled', async () => {
  const { body } = await register({ device: 'S-100', password: 'Passw0rd-x', enabled: false });

  expect(body).toMatchObject({ password: 'Passw0rd-x' });
  expect(registry.device('S-100')).toMatchObject({ enabled: false, passwordHash: 'hash of Passw0rd-x' });
});

test.each([
  [{ device: 'S-100', product: 'Unknown' }, 404, 'CAUSEWAY.0404', 'There is no product Unknown.'],
  [{ device: 'S/1' }, 400, 'CAUSEWAY.0400', 'physical id: received "S/1"'],
  [{ device: 'S-100', password: 'weak' }, 400, 'CAUSEWAY.0400', 'password: it has 4 characters'],
  [{}, 400, 'CAUSEWAY.0400', 'body.device: string expected'],
  [{ device: 'S-100', colour: 'red' }, 400, 'CAUSEWAY.0400', 'colour is not known here'],
])('%j is refused with %d %s: %s', async (body, status, code, message) => {
  expect(await register(body)).toMatchObject({
    status,
    body: { error_code: code, error_msg: expect.stringContaining(message) },
  });
  expect(registry.devices.size).toBe(0);
});

test('a device is registered only once', async () => {
  await register({ device: 'S-100' });

  expect(await register({ device: 'S-100' })).toMatchObject({ status: 409, body: { error_code: 'CAUSEWAY.0409' } });
});

test('a device is shown with all but its password', async () => {
  await register({ device: 'S-100', password: 'Passw0rd-x', tags: ['deck-1'] });

  const { status, body } = await call({
    resource: '/devices/{product}/{device}',
    path: { product: 'ParkingSensor', device: 'S-100' },
  });

  const clientId = clientIdOf({ environment: 'test', productId: 'p1111', deviceId: 'S-100' });
  expect(status).toBe(200);
  expect(body).toEqual({
    product: 'ParkingSensor',
    productId: 'p1111',
    device: 'S-100',
    name: 'S-100',
    enabled: true,
    fixed: false,
    app: 'parking',
    clientId,
    username: clientId,
    publish: 'p1111/out/S-100',
    subscribe: 'p1111/in/S-100',
    tags: ['deck-1'],
    description: '',
    registeredAt: '2026-11-24T10:00:00.000Z',
    presence: { state: 'never' },
  });
});

test.each([
  [{ product: 'ParkingSensor', device: 'S-999' }, 'The product ParkingSensor has no device S-999.'],
  [{ product: 'Unknown', device: 'S-100' }, 'There is no product Unknown.'],
])('%j is not found', async (path, message) => {
  expect(await call({ resource: '/devices/{product}/{device}', path })).toMatchObject({
    status: 404,
    body: { error_code: 'CAUSEWAY.0404', error_msg: message },
  });
});

test('the list of one product comes in pages', async () => {
  for (const device of ['S-1x', 'S-2x', 'S-3x']) {
    await register({ device });
  }
  await register({ product: 'ParkingGate', device: 'G-1' });
  const query = { product: 'ParkingSensor', limit: '2' };

  const first = await call({ resource: '/devices', query });
  const second = await call({ resource: '/devices', query: { ...query, next: String(first.body['next']) } });

  expect(first.body['items']).toMatchObject([{ device: 'S-1x' }, { device: 'S-2x' }]);
  expect(second.body).toEqual({ items: [expect.objectContaining({ device: 'S-3x' })] });
  expect(JSON.stringify(first.body)).not.toContain('hash of');
});

test('the list of all products goes through one after the other', async () => {
  for (const device of ['S-1x', 'S-2x', 'S-3x']) {
    await register({ device });
  }
  await register({ product: 'ParkingGate', device: 'G-1' });
  const seen: string[] = [];

  let next: string | undefined;
  do {
    const { body } = await call({ resource: '/devices', query: { limit: '2', ...(next && { next }) } });
    seen.push(...(body['items'] as { device: string }[]).map(({ device }) => device));
    next = body['next'] as string | undefined;
  } while (next !== undefined);

  expect(seen).toEqual(['G-1', 'S-1x', 'S-2x', 'S-3x']);
});

test.each([{ next: 'nonsense' }, { next: Buffer.from('null').toString('base64url') }])(
  'the page %j is refused',
  async (query) => {
    expect(await call({ resource: '/devices', query })).toMatchObject({
      status: 400,
      body: { error_code: 'CAUSEWAY.0400' },
    });
  },
);

test('the list of a product that does not exist is not found, and of one without devices is empty', async () => {
  expect(await call({ resource: '/devices', query: { product: 'Unknown' } })).toMatchObject({ status: 404 });
  expect(await call({ resource: '/devices', query: { product: 'ParkingGate' } })).toMatchObject({
    status: 200,
    body: { items: [] },
  });
});

function remove(device: string) {
  return call({
    method: 'DELETE',
    resource: '/devices/{product}/{device}',
    path: { product: 'ParkingSensor', device },
  });
}

test('a deleted device is disabled before it is cut off, and its item goes last', async () => {
  const { body } = await register({ device: 'S-100' });
  registry.steps.length = 0;

  const { status, body: answer } = await remove('S-100');

  expect({ status, answer }).toEqual({
    status: 200,
    answer: { product: 'ParkingSensor', device: 'S-100', deleted: true },
  });
  expect(registry.steps).toEqual(['item', 'cut', 'pause', 'cut', 'remove thing', 'remove item']);
  expect(new Set(registry.cut)).toEqual(new Set([body['clientId']]));
  expect([registry.devices.size, registry.things.size]).toEqual([0, 0]);
});

test.each(['cut', 'remove thing', 'remove item'])(
  'a deletion that failed at "%s" leaves a disabled device that can be deleted again',
  async (step) => {
    await register({ device: 'S-100' });
    registry.failing = step;
    expect(await remove('S-100')).toMatchObject({ status: 500 });
    expect(registry.device('S-100')).toMatchObject({ enabled: false });
    registry.failing = undefined;

    expect(await remove('S-100')).toMatchObject({ status: 200 });

    expect([registry.devices.size, registry.things.size]).toEqual([0, 0]);
  },
);

test('a device that is not there cannot be deleted', async () => {
  expect(await remove('S-100')).toMatchObject({
    status: 404,
    body: { error_code: 'CAUSEWAY.0404', error_msg: 'The product ParkingSensor has no device S-100.' },
  });
});

test('a device that a stack declares is not deleted at run time, and the answer says where it is', async () => {
  const { body } = await register({ device: 'S-001' });
  await registry.ports.updateDevice(String(body['clientId']), { declaredBy: 'stack/devices' });

  expect(await remove('S-001')).toMatchObject({
    status: 412,
    body: { error_code: 'CAUSEWAY.0412', error_msg: expect.stringContaining('declared in a stack: remove it there') },
  });
  expect(registry.device('S-001')).toMatchObject({ enabled: true });
  expect(registry.cut).toEqual([]);
});

test('devices are looked for by tags, state and text', async () => {
  await register({ device: 'S-1', name: 'Deck One', tags: ['floor=1', 'east'] });
  await register({ device: 'S-2', tags: ['floor=1'] });
  const find = async (query: Record<string, string>) => {
    const { body } = await call({ resource: '/devices', query: { product: 'ParkingSensor', ...query } });

    return (body['items'] as { device: string }[]).map(({ device }) => device);
  };

  expect(await find({ tags: 'floor=1;east' })).toEqual(['S-1']);
  expect(await find({ state: 'never', text: 's-2' })).toEqual(['S-2']);
  expect(await find({ text: 'deck one' })).toEqual(['S-1']);
  expect(asked).toEqual(['p1111#tag#floor=1', 'p1111#state#never']);
  expect(await call({ resource: '/devices', query: { state: 'gone' } })).toMatchObject({ status: 400 });
});

test('a gateway is told of a device behind it that is deleted, and is not deleted itself while there are others', async () => {
  const clientId = clientIdOf({ environment: 'test', productId: 'p1111', deviceId: 'S-200' });
  await register({ device: 'S-200' });
  const path = { product: 'ParkingSensor', device: 'S-200' };
  const remove = () => call({ method: 'DELETE', resource: '/devices/{product}/{device}', path });
  const become = (more: object) =>
    registry.devices.set(clientId, { ...registry.devices.get(clientId), ...more } as never);

  become({ nodeType: 'gateway' });
  const refused = await remove();
  become({ nodeType: 'sub-device', gateway: 'd-GW' });
  const { status } = await remove();

  expect(refused).toMatchObject({ status: 412, body: { error_msg: expect.stringContaining('Remove them first') } });
  expect(status).toBe(200);
  expect(told).toEqual([
    {
      topic: '/v1/devices/d-GW/topo/delete',
      payload: {
        ...{ id: expect.any(Number), deviceId: clientId, requestTime: expect.any(Number) },
        request: { manufacturerId: 'acme', manufacturerName: 'Acme', model: 'PS-1' },
      },
    },
  ]);
});
