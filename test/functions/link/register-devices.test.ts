import { beforeEach, expect, test } from '@jest/globals';
import { registerMany } from '../../../functions/link/register-devices.ts';
import { logLines } from '../shared/log-lines.ts';
import { callManagement } from '../shared/management-call.ts';
import { DeviceRegistry } from './device-registry.ts';

const log = logLines();
const PRODUCT = { product: 'ParkingSensor', productId: 'p1111', app: 'parking' };
let registry: DeviceRegistry;

beforeEach(() => {
  process.env['CAUSEWAY_ENVIRONMENT'] = 'test';
  registry = new DeviceRegistry();
});

function call(body: unknown) {
  const handler = registerMany(() => ({
    ...registry.ports,
    findProduct: async (name) => (name === PRODUCT.product ? PRODUCT : undefined),
    isThrottled: () => false,
  }));

  return callManagement(handler, { method: 'POST', resource: '/device-batches', body });
}

test('each device of a batch has its outcome, and no password is logged', async () => {
  const { status, body } = await call({
    product: 'ParkingSensor',
    devices: [{ device: 'S-1', password: 'Passw0rd-x' }, { device: 'S/2' }],
  });

  expect(status).toBe(200);
  expect(body['items']).toMatchObject([
    { outcome: 'registered', device: 'S-1', password: 'Passw0rd-x' },
    { outcome: 'refused', device: 'S/2', error: { code: 'CAUSEWAY.0400' } },
  ]);
  expect(log.text()).not.toContain('Passw0rd-x');
});

test.each([
  [{ product: 'Unknown', devices: [{ device: 'S-1' }] }, 404, 'There is no product Unknown.'],
  [{ product: 'ParkingSensor', devices: [] }, 400, '1 to 50 a call'],
  [{ product: 'ParkingSensor', devices: [{ device: 'S-1', colour: 'red' }] }, 400, 'colour is not known here'],
  [{ product: 'ParkingSensor' }, 400, 'body.devices: array expected'],
])('%j is refused as a whole with %d: %s', async (body, status, message) => {
  expect(await call(body)).toMatchObject({ status, body: { error_msg: expect.stringContaining(message) } });
  expect(registry.devices.size).toBe(0);
});
