import { beforeEach, expect, test } from '@jest/globals';
import { clientIdOf } from '../../../core/link/client-id.ts';
import { behindTerm } from '../../../core/link/device-terms.ts';
import { manageGateways } from '../../../functions/link/manage-gateways.ts';
import { deviceOf } from '../../core/link/command-store.ts';
import { logLines } from '../shared/log-lines.ts';
import { callManagement } from '../shared/management-call.ts';
import { DeviceRegistry } from './device-registry.ts';

logLines();
const gatewayId = clientIdOf({ environment: 'test', productId: 'p1111', deviceId: 'GW' });
const PRODUCTS = [
  { product: 'Box', productId: 'p1111', app: 'parking', type: 'gateway' as const },
  { product: 'Sensor', productId: 'p2222', app: 'parking' },
];
let registry: DeviceRegistry;

beforeEach(() => {
  process.env['CAUSEWAY_ENVIRONMENT'] = 'test';
  registry = new DeviceRegistry();
  registry.devices.set(gatewayId, deviceOf('GW', { clientId: gatewayId, product: 'Box', nodeType: 'gateway' }));
});

function call(method: string, resource: string, path: Record<string, string> = {}, body?: unknown) {
  const handler = manageGateways(() => ({
    ...registry.ports,
    findProduct: async (name) => PRODUCTS.find(({ product }) => product === name),
    productIds: async () => ['p1111'],
    devicesOf: async (productId) => ({
      items: [...registry.devices.values()].filter((device) => device.productId === productId),
    }),
    devicesUnder: async (term) => ({
      items: [...registry.devices.values()].filter(({ gateway }) => gateway && behindTerm(gateway) === term),
    }),
  }));

  return callManagement(handler, { method, resource, path, body });
}

const GW = { product: 'Box', device: 'GW' };

test('a device is put behind a gateway, and both are shown', async () => {
  const body = { product: 'Sensor', device: 'S-1', name: 'north' };

  const added = await call('POST', '/gateways/{product}/{device}/devices', GW, body);
  const again = await call('POST', '/gateways/{product}/{device}/devices', GW, body);
  const shown = await call('GET', '/gateways/{product}/{device}', GW);
  const listed = await call('GET', '/gateways');

  expect(added).toMatchObject({ status: 201, body: { ...body, nodeType: 'sub-device', gateway: gatewayId } });
  expect(again.body).toEqual(added.body);
  expect(shown.body).toMatchObject({ device: 'GW', nodeType: 'gateway', devices: [added.body] });
  expect(listed.body['items']).toMatchObject([{ device: 'GW' }]);
});

test('nothing is put behind a device that is no gateway', async () => {
  registry.devices.set(gatewayId, deviceOf('GW', { clientId: gatewayId }));

  const { status, body } = await call('POST', '/gateways/{product}/{device}/devices', GW, {
    product: 'Sensor',
    device: 'S-1',
  });

  expect(status).toBe(412);
  expect(body['error_msg']).toContain('is no gateway');
});
