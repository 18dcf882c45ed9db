import { beforeEach, expect, test } from '@jest/globals';
import { clientIdOf } from '../../../core/link/client-id.ts';
import type { DeviceRecord } from '../../../core/link/device.ts';
import { manageCertificates } from '../../../functions/link/manage-certificates.ts';
import { logLines } from '../shared/log-lines.ts';
import { type Call, callManagement } from '../shared/management-call.ts';

const log = logLines();
const PRODUCT = { product: 'ParkingSensor', productId: 'p1111', app: 'parking' };
const CLIENT_ID = clientIdOf({ environment: 'test', productId: 'p1111', deviceId: 'S-001' });
const CERTIFICATES = '/devices/{product}/{device}/certificates';
const path = { product: 'ParkingSensor', device: 'S-001' };
let device: DeviceRecord;

beforeEach(() => {
  process.env['CAUSEWAY_ENVIRONMENT'] = 'test';
  device = { ...PRODUCT, clientId: CLIENT_ID, deviceId: 'S-001' } as unknown as DeviceRecord;
});

function call(request: Call) {
  const handler = manageCertificates(() => ({
    findProduct: async (name) => (name === PRODUCT.product ? PRODUCT : undefined),
    findDevice: async (clientId) => (clientId === CLIENT_ID ? device : undefined),
    saveCertificates: async (_, changes) => {
      device = { ...device, ...changes };

      return true;
    },
    makeCertificate: async () => ({
      ...{ id: 'c1', certificatePem: 'PEM', privateKey: 'THE-KEY', expiresAt: '2049-12-31T23:59:59.000Z' },
    }),
    revokeCertificate: async () => undefined,
    mqttEndpoint: async () => ({ host: 'abc.iot.eu-west-1.amazonaws.com', port: 443 }),
    cutConnection: async () => undefined,
    pause: async () => undefined,
    now: () => new Date('2026-11-24T10:00:00Z'),
  }));

  return callManagement(handler, request);
}

test('a certificate is answered once with its key and all the device needs, and neither is logged', async () => {
  const { status, body } = await call({ method: 'POST', resource: CERTIFICATES, path });

  expect(status).toBe(201);
  expect(body).toEqual({
    ...{ id: 'c1', product: 'ParkingSensor', device: 'S-001', clientId: CLIENT_ID },
    ...{ publish: 'p1111/out/S-001', subscribe: 'p1111/in/S-001' },
    mqtt: { host: 'abc.iot.eu-west-1.amazonaws.com', port: 443 },
    ...{ createdAt: '2026-11-24T10:00:00.000Z', expiresAt: '2049-12-31T23:59:59.000Z' },
    ...{ certificatePem: 'PEM', privateKey: 'THE-KEY' },
  });
  expect(log.text()).not.toContain('THE-KEY');
  expect((await call({ resource: CERTIFICATES, path })).body).toEqual({
    items: [
      {
        ...{ id: 'c1', state: 'active', createdAt: '2026-11-24T10:00:00.000Z' },
        expiresAt: '2049-12-31T23:59:59.000Z',
      },
    ],
  });
});

test('a certificate is revoked by its id', async () => {
  await call({ method: 'POST', resource: CERTIFICATES, path });
  const revoke = (certificate: string) =>
    call({ method: 'DELETE', resource: `${CERTIFICATES}/{certificate}`, path: { ...path, certificate } });

  expect(await revoke('c1')).toMatchObject({ status: 200, body: { id: 'c1', state: 'revoked' } });
  expect(await revoke('c2')).toMatchObject({ status: 404, body: { error_code: 'CAUSEWAY.0404' } });
});

test('a device that is not there has no certificates', async () => {
  const stranger = { product: 'ParkingSensor', device: 'S-999' };

  expect(await call({ method: 'POST', resource: CERTIFICATES, path: stranger })).toMatchObject({ status: 404 });
});
