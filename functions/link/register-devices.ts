import { array, strictObject, string } from 'zod/mini';
import { deviceShape } from '../../core/link/device-shape.ts';
import { hashPassword, verifyPassword } from '../../core/link/password.ts';
import { type RegisterDevicesPorts, registerDevices } from '../../core/link/register-devices.ts';
import { environment } from '../shared/environment.ts';
import { type ManagementHandler, managementHandler, ok, route } from '../shared/management-chain.ts';
import { type DeviceLookup, deviceLookup, productNamed } from '../shared/registered-devices.ts';
import { deviceWriter } from '../shared/tables.ts';
import { isThrottled, things } from '../shared/things.ts';

export type RegisterManyPorts = RegisterDevicesPorts & DeviceLookup;

const batch = strictObject({ product: string(), devices: array(strictObject(deviceShape)) });

/** `/device-batches` of the management API: many devices of one product in a call, with an outcome for each. */
export const handler = registerMany(awsPorts);

export function registerMany(portsOf: () => RegisterManyPorts): ManagementHandler {
  return managementHandler([
    route({
      method: 'POST',
      path: '/device-batches',
      body: batch,
      handler: async ({ body: { product: name, devices } }) => {
        const ports = portsOf();
        const product = await productNamed(ports, name);
        const request = { environment: environment('CAUSEWAY_ENVIRONMENT'), product, devices };

        return ok({ items: await registerDevices(ports, request) });
      },
    }),
  ]);
}

function awsPorts(): RegisterManyPorts {
  return {
    ...deviceLookup(),
    addDevice: deviceWriter().addDevice,
    addThing: things().add,
    isThrottled,
    hashPassword,
    verifyPassword,
    now: () => new Date(),
  };
}
