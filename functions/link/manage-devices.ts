import { array, boolean, exactOptional, strictObject, string } from 'zod/mini';
import { Refusal } from '../../core/errors.ts';
import { clientIdOf } from '../../core/link/client-id.ts';
import type { DeviceRecord } from '../../core/link/device.ts';
import { type ListDevicesPorts, listDevices } from '../../core/link/list-devices.ts';
import { hashPassword } from '../../core/link/password.ts';
import { type DeviceProduct, type RegisterDevicePorts, registerDevice } from '../../core/link/register-device.ts';
import { deviceView } from '../../core/link/show-device.ts';
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
import { catalogTable, deviceTable } from '../shared/tables.ts';
import { things } from '../shared/things.ts';

export interface ManageDevicesPorts extends RegisterDevicePorts {
  readonly findProduct: (name: string) => Promise<DeviceProduct | undefined>;
  readonly productIds: () => Promise<readonly string[]>;
  readonly findDevice: (clientId: string) => Promise<DeviceRecord | undefined>;
  readonly devicesOf: ListDevicesPorts['devicesOf'];
}

const newDevice = strictObject({
  product: string(),
  device: string(),
  name: exactOptional(string()),
  password: exactOptional(string()),
  enabled: exactOptional(boolean()),
  tags: exactOptional(array(string())),
  description: exactOptional(string()),
});

/** `/devices` of the management API. */
export const handler = manageDevices(awsPorts);

export function manageDevices(portsOf: () => ManageDevicesPorts): ManagementHandler {
  const productNamed = async (name: string): Promise<DeviceProduct> => {
    const product = await portsOf().findProduct(name);
    if (product === undefined) {
      throw new Refusal('CAUSEWAY.0404', { message: `There is no product ${name}.` });
    }

    return product;
  };

  return managementHandler([
    route({
      method: 'GET',
      path: '/devices',
      query: strictObject({ ...pageQuery, product: exactOptional(string()) }),
      handler: async ({ query }) => {
        const { productIds, devicesOf } = portsOf();
        const chosen =
          query.product === undefined ? await productIds() : [(await productNamed(query.product)).productId];

        return ok(await listDevices({ productIds: chosen, devicesOf }, pageOf(query)));
      },
    }),
    route({
      method: 'POST',
      path: '/devices',
      body: newDevice,
      handler: async ({ body: { product: name, ...device } }) => {
        const product = await productNamed(name);
        const request = { environment: environment('CAUSEWAY_ENVIRONMENT'), product, ...device };

        return created(await registerDevice(portsOf(), request));
      },
    }),
    route({
      method: 'GET',
      path: '/devices/{product}/{device}',
      handler: async ({ path }) => {
        const { productId } = await productNamed(path['product'] ?? '');
        const deviceId = path['device'] ?? '';
        const clientId = clientIdOf({ environment: environment('CAUSEWAY_ENVIRONMENT'), productId, deviceId });
        const device = await portsOf().findDevice(clientId);
        if (device === undefined) {
          throw new Refusal('CAUSEWAY.0404', { message: `The product ${path['product']} has no device ${deviceId}.` });
        }

        return ok(deviceView(device));
      },
    }),
  ]);
}

function awsPorts(): ManageDevicesPorts {
  const devices = deviceTable();
  const catalog = catalogTable();

  return {
    findProduct: async (name) => productOf(await catalog.get({ kind: 'product', name })),
    productIds: async () =>
      (await catalog.queryAll({ kind: 'product' })).flatMap((item) => productOf(item)?.productId ?? []),
    findDevice: (clientId) => devices.get({ clientId }),
    devicesOf: (productId, page) => devices.query({ productId }, { index: 'byProduct', ...page }),
    addDevice: (device) => devices.put(device, { ifAbsent: true }),
    addThing: things().add,
    hashPassword,
    now: () => new Date(),
  };
}

function productOf(
  item: { readonly name: string; readonly document: Readonly<Record<string, unknown>> } | undefined,
): DeviceProduct | undefined {
  if (item === undefined) {
    return undefined;
  }
  const { productId, app } = item.document;

  return { product: item.name, productId: String(productId), app: String(app) };
}
