import { Refusal } from '../errors.ts';
import type { ChangeDevicePorts } from './change-device.ts';
import { cutOff } from './cut-off.ts';
import type { DeviceRecord } from './device.ts';

export interface DeleteDevicePorts extends ChangeDevicePorts {
  readonly removeDevice: (clientId: string) => Promise<void>;
  /** Removes a certificate from the registry; no matter if it existed. */
  readonly discardCertificate: (id: string) => Promise<void>;
  /** Removes the device's thing; no matter if it existed. */
  readonly removeThing: (clientId: string) => Promise<void>;
}

/**
 * Removes a device that was registered at run time. It is disabled first, so that it cannot come back when it is cut off, and its item goes
 * last: whatever fails on the way leaves a disabled device that can be deleted again.
 *
 * @throws Refusal CAUSEWAY.0412 for a device that a stack declares: the next deployment would bring it back
 */
export async function deleteDevice(ports: DeleteDevicePorts, device: DeviceRecord): Promise<void> {
  const { clientId, product, deviceId } = device;
  if (device.declaredBy !== undefined) {
    throw new Refusal('CAUSEWAY.0412', {
      message:
        `The device ${deviceId} of the product ${product} is declared in a stack: remove it there and deploy. ` +
        'To keep it out at once, disable it.',
    });
  }
  await ports.updateDevice(clientId, { enabled: false });
  await cutOff(ports, clientId);
  for (const id of Object.keys(device.certificates ?? {})) {
    await ports.discardCertificate(id);
  }
  await ports.removeThing(clientId);
  await ports.removeDevice(clientId);
}
