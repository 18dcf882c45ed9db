import { setTimeout as pause } from 'node:timers/promises';
import { array, boolean, exactOptional, strictObject, string } from 'zod/mini';
import { Refusal } from '../../core/errors.ts';
import { type ChangeDevicePorts, changeDevice } from '../../core/link/change-device.ts';
import { hashPassword } from '../../core/link/password.ts';
import type { DevicesSecret } from '../../core/link/provision-devices.ts';
import { type DevicesSecretStore, type ResetPasswordPorts, resetPassword } from '../../core/link/reset-password.ts';
import { deviceView } from '../../core/link/show-device.ts';
import { cutConnection } from '../shared/connections.ts';
import { type ManagementHandler, managementHandler, ok, route } from '../shared/management-chain.ts';
import { type DeviceLookup, deviceLookup, deviceNamed } from '../shared/registered-devices.ts';
import { readSecret, writeSecret } from '../shared/secrets.ts';
import { deviceWriter } from '../shared/tables.ts';

export interface ControlDevicesPorts extends ChangeDevicePorts, Pick<ResetPasswordPorts, 'hashPassword'>, DeviceLookup {
  readonly secretAt: (arn: string) => DevicesSecretStore;
}

const changes = strictObject({
  enabled: exactOptional(boolean()),
  name: exactOptional(string()),
  tags: exactOptional(array(string())),
  description: exactOptional(string()),
});

/** `/devices/{product}/{device}` of the management API: what is done to a device that is there, with effect on its connection. */
export const handler = controlDevices(awsPorts);

export function controlDevices(portsOf: () => ControlDevicesPorts): ManagementHandler {
  return managementHandler([
    route({
      method: 'PATCH',
      path: '/devices/{product}/{device}',
      body: changes,
      handler: async ({ path, body }) => {
        if (Object.keys(body).length === 0) {
          throw new Refusal('CAUSEWAY.0400', {
            message: `The request is not valid: body: nothing to change; allowed: ${Object.keys(changes.shape).join(', ')}.`,
          });
        }
        const { device } = await deviceNamed(portsOf(), path);

        return ok(deviceView(await changeDevice(portsOf(), device, body)));
      },
    }),
    route({
      method: 'POST',
      path: '/devices/{product}/{device}/password',
      body: strictObject({ password: exactOptional(string()) }),
      handler: async ({ path, body }) => {
        const { secretAt, ...ports } = portsOf();
        const { product, device } = await deviceNamed(ports, path);
        const secret = product.devicesSecret === undefined ? undefined : secretAt(product.devicesSecret);

        return ok(await resetPassword({ ...ports, secret }, device, body.password));
      },
    }),
  ]);
}

function awsPorts(): ControlDevicesPorts {
  return {
    ...deviceLookup(),
    updateDevice: deviceWriter().updateDevice,
    cutConnection,
    pause,
    hashPassword,
    secretAt: (arn) => ({
      read: async () => {
        const secret = await readSecret<DevicesSecret>(arn);

        return Array.isArray(secret?.devices) ? secret : undefined;
      },
      write: (secret) => writeSecret(arn, secret),
    }),
  };
}
