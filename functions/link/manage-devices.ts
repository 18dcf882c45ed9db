import { setTimeout as pause } from 'node:timers/promises';
import { exactOptional, strictObject, string } from 'zod/mini';
import { type DeleteDevicePorts, deleteDevice } from '../../core/link/delete-device.ts';
import type { DeviceRecord } from '../../core/link/device.ts';
import { deviceShape } from '../../core/link/device-shape.ts';
import { type ListDevicesPorts, listDevices } from '../../core/link/list-devices.ts';
import { hashPassword } from '../../core/link/password.ts';
import { type RegisterDevicePorts, registerDevice } from '../../core/link/register-device.ts';
import { deviceView } from '../../core/link/show-device.ts';
import { cutConnection } from '../shared/connections.ts';
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
import { type DeviceLookup, deviceLookup, deviceNamed, productNamed, productOf } from '../shared/registered-devices.ts';
import { catalogTable, deviceTable } from '../shared/tables.ts';
import { things } from '../shared/things.ts';

export interface ManageDevicesPorts extends RegisterDevicePorts, DeleteDevicePorts, DeviceLookup {
  readonly productIds: () => Promise<readonly string[]>;
  readonly devicesOf: ListDevicesPorts['devicesOf'];
}

const newDevice = strictObject({ product: string(), ...deviceShape });

/** `/devices` of the management API: which devices there are. */
export const handler = manageDevices(awsPorts);

export function manageDevices(portsOf: () => ManageDevicesPorts): ManagementHandler {
  return managementHandler([
    route({
      method: 'GET',
      path: '/devices',
      query: strictObject({ ...pageQuery, product: exactOptional(string()) }),
      handler: async ({ query }) => {
        const ports = portsOf();
        const chosen =
          query.product === undefined
            ? await ports.productIds()
            : [(await productNamed(ports, query.product)).productId];

        return ok(await listDevices({ productIds: chosen, devicesOf: ports.devicesOf }, pageOf(query)));
      },
    }),
    route({
      method: 'POST',
      path: '/devices',
      body: newDevice,
      handler: async ({ body: { product: name, ...device } }) => {
        const product = await productNamed(portsOf(), name);
        const request = { environment: environment('CAUSEWAY_ENVIRONMENT'), product, ...device };

        return created(await registerDevice(portsOf(), request));
      },
    }),
    route({
      method: 'GET',
      path: '/devices/{product}/{device}',
      handler: async ({ path }) => ok(deviceView((await deviceNamed(portsOf(), path)).device)),
    }),
    route({
      method: 'DELETE',
      path: '/devices/{product}/{device}',
      handler: async ({ path }) => {
        const { device } = await deviceNamed(portsOf(), path);
        await deleteDevice(portsOf(), device);

        return ok({ product: device.product, device: device.deviceId, deleted: true });
      },
    }),
  ]);
}

function awsPorts(): ManageDevicesPorts {
  const devices = deviceTable();
  const registry = things();

  return {
    ...deviceLookup(),
    productIds: async () =>
      (await catalogTable().queryAll({ kind: 'product' })).flatMap((item) => productOf(item)?.productId ?? []),
    devicesOf: (productId, page) => devices.query({ productId }, { index: 'byProduct', ...page }),
    addDevice: (device) => devices.put(device, { ifAbsent: true }),
    updateDevice: (clientId, changes) => devices.update<DeviceRecord>({ clientId }, changes),
    removeDevice: (clientId) => devices.delete({ clientId }),
    addThing: registry.add,
    removeThing: registry.remove,
    cutConnection,
    pause,
    hashPassword,
    now: () => new Date(),
  };
}
