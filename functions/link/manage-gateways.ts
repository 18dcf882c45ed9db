import { exactOptional, strictObject, string } from 'zod/mini';
import { Refusal } from '../../core/errors.ts';
import type { DeviceRecord } from '../../core/link/device.ts';
import { behindTerm } from '../../core/link/device-terms.ts';
import { type SearchDevicesPorts, searchDevices } from '../../core/link/search-devices.ts';
import { deviceView } from '../../core/link/show-device.ts';
import { addSubDevice, type TopologyPorts } from '../../core/link/topology.ts';
import { environment } from '../shared/environment.ts';
import {
  created,
  type ManagementHandler,
  managementHandler,
  ok,
  pageOf,
  pageQuery,
  route,
} from '../shared/management-chain.ts';
import {
  type DeviceLookup,
  deviceLookup,
  deviceNamed,
  devicesUnder,
  productNamed,
  productOf,
} from '../shared/registered-devices.ts';
import { catalogTable, deviceTable, deviceWriter } from '../shared/tables.ts';
import { things } from '../shared/things.ts';

export interface ManageGatewaysPorts extends TopologyPorts, DeviceLookup, Omit<SearchDevicesPorts, 'productIds'> {
  /** Of the products of gateways. */
  readonly productIds: () => Promise<readonly string[]>;
}

const newDevice = strictObject({
  product: string(),
  device: string(),
  name: exactOptional(string()),
  description: exactOptional(string()),
});

/** `/gateways` of the management API: which there are, and what stands behind them. */
export const handler = manageGateways(() => ({
  ...deviceLookup(),
  productIds: async () =>
    (await catalogTable().queryAll({ kind: 'product' })).flatMap((item) => {
      const product = productOf(item);

      return product?.type === 'gateway' ? [product.productId] : [];
    }),
  devicesOf: (productId, page) => deviceTable().query({ productId }, { index: 'byProduct', ...page }),
  devicesUnder,
  addDevice: deviceWriter().addDevice,
  addThing: things().add,
  now: () => new Date(),
}));

export function manageGateways(portsOf: () => ManageGatewaysPorts): ManagementHandler {
  return managementHandler([
    route({
      method: 'GET',
      path: '/gateways',
      query: strictObject(pageQuery),
      handler: async ({ query }) => {
        const ports = portsOf();

        return ok(await searchDevices({ ...ports, productIds: await ports.productIds() }, {}, pageOf(query)));
      },
    }),
    route({
      method: 'GET',
      path: '/gateways/{product}/{device}',
      query: strictObject(pageQuery),
      handler: async ({ path, query }) => {
        const ports = portsOf();
        const gateway = await gatewayNamed(ports, path);
        const { items, ...next } = await ports.devicesUnder(behindTerm(gateway.clientId), pageOf(query));
        // The index is a moment behind: the device itself counts.
        const behind = items.filter((device) => device.gateway === gateway.clientId);

        return ok({ ...deviceView(gateway), devices: behind.map(deviceView), ...next });
      },
    }),
    route({
      method: 'POST',
      path: '/gateways/{product}/{device}/devices',
      body: newDevice,
      handler: async ({ path, body: { product: name, ...device } }) => {
        const ports = portsOf();
        const gateway = await gatewayNamed(ports, path);
        const product = await productNamed(ports, name);
        const place = { environment: environment('CAUSEWAY_ENVIRONMENT'), gateway };

        return created(deviceView(await addSubDevice(ports, place, { product, ...device })));
      },
    }),
  ]);
}

/** @throws Refusal CAUSEWAY.0404, CAUSEWAY.0412 for a device that is none */
async function gatewayNamed(ports: DeviceLookup, path: Readonly<Record<string, string>>): Promise<DeviceRecord> {
  const { device } = await deviceNamed(ports, path);
  if (device.nodeType !== 'gateway') {
    throw new Refusal('CAUSEWAY.0412', {
      message: `The device ${device.deviceId} of the product ${device.product} is no gateway: its product is not of the type "gateway".`,
    });
  }

  return device;
}
