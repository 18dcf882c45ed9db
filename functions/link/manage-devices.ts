import { randomInt } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { enum as anyOf, exactOptional, strictObject, string } from 'zod/mini';
import { Refusal } from '../../core/errors.ts';
import { type DeleteDevicePorts, deleteDevice } from '../../core/link/delete-device.ts';
import type { DeviceRecord } from '../../core/link/device.ts';
import { deviceShape } from '../../core/link/device-shape.ts';
import { behindTerm, DEVICE_STATES } from '../../core/link/device-terms.ts';
import { hashPassword } from '../../core/link/password.ts';
import { type RegisterDevicePorts, registerDevice } from '../../core/link/register-device.ts';
import { type DeviceCriteria, type SearchDevicesPorts, searchDevices } from '../../core/link/search-devices.ts';
import { deviceView } from '../../core/link/show-device.ts';
import { removalNotice } from '../../core/link/topology.ts';
import { certificates } from '../shared/certificates.ts';
import { cutConnection, publish } from '../shared/connections.ts';
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

export interface ManageDevicesPorts extends RegisterDevicePorts, DeleteDevicePorts, DeviceLookup {
  readonly productIds: () => Promise<readonly string[]>;
  readonly devicesOf: SearchDevicesPorts['devicesOf'];
  readonly devicesUnder: SearchDevicesPorts['devicesUnder'];
  /** Tells a gateway that a device behind it is gone. */
  readonly publish: (topic: string, payload: string) => Promise<void>;
}

const newDevice = strictObject({ product: string(), ...deviceShape });

/** Of the query; `tags` are separated by semicolons, which no tag holds. */
const search = strictObject({
  ...pageQuery,
  product: exactOptional(string()),
  tags: exactOptional(string()),
  state: exactOptional(anyOf(DEVICE_STATES)),
  text: exactOptional(string()),
});

/** `/devices` of the management API: which devices there are. */
export const handler = manageDevices(awsPorts);

export function manageDevices(portsOf: () => ManageDevicesPorts): ManagementHandler {
  return managementHandler([
    route({
      method: 'GET',
      path: '/devices',
      query: search,
      handler: async ({ query }) => {
        const ports = portsOf();
        const chosen =
          query.product === undefined
            ? await ports.productIds()
            : [(await productNamed(ports, query.product)).productId];

        return ok(await searchDevices({ ...ports, productIds: chosen }, criteriaOf(query), pageOf(query)));
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
        const ports = portsOf();
        const { product, device } = await deviceNamed(ports, path);
        await checkNobodyBehind(ports, device);
        await deleteDevice(ports, device);
        if (device.gateway !== undefined) {
          const { topic, payload } = removalNotice(device, product, { id: randomInt(2 ** 31), now: ports.now() });
          await ports.publish(topic, payload);
        }

        return ok({ product: device.product, device: device.deviceId, deleted: true });
      },
    }),
  ]);
}

/** @throws Refusal CAUSEWAY.0412 for a gateway that others still stand behind: nobody else could speak for them */
async function checkNobodyBehind(
  { devicesUnder }: ManageDevicesPorts,
  { nodeType, clientId, product, deviceId }: DeviceRecord,
): Promise<void> {
  if (nodeType !== 'gateway') {
    return;
  }
  const { items } = await devicesUnder(behindTerm(clientId), { limit: 1 });
  const [first] = items;
  if (first !== undefined) {
    throw new Refusal('CAUSEWAY.0412', {
      message: `Devices stand behind the gateway ${deviceId} of the product ${product}: ${first.product} ${first.deviceId}, and maybe others. Remove them first.`,
    });
  }
}

function criteriaOf({ tags, state, text }: ReturnType<typeof search.parse>): DeviceCriteria {
  return {
    ...(tags === undefined ? {} : { tags: tags.split(';').filter((tag) => tag !== '') }),
    ...(state === undefined ? {} : { state }),
    ...(text === undefined ? {} : { text }),
  };
}

function awsPorts(): ManageDevicesPorts {
  const devices = deviceTable();
  const registry = things();

  return {
    ...deviceLookup(),
    productIds: async () =>
      (await catalogTable().queryAll({ kind: 'product' })).flatMap((item) => productOf(item)?.productId ?? []),
    devicesOf: (productId, page) => devices.query({ productId }, { index: 'byProduct', ...page }),
    devicesUnder,
    ...deviceWriter(),
    addThing: registry.add,
    removeThing: registry.remove,
    discardCertificate: certificates().discard,
    cutConnection,
    publish,
    pause,
    hashPassword,
    now: () => new Date(),
  };
}
