import { isDeepStrictEqual } from 'node:util';
import { Refusal } from '../errors.ts';
import { type CutOffPorts, cutOff } from './cut-off.ts';
import { checkDevice, type DeviceChanges, type DeviceRecord, type DeviceSettings } from './device.ts';

export interface ChangeDevicePorts extends CutOffPorts {
  /** Sets these attributes of a stored device; false when there is none. */
  readonly updateDevice: (clientId: string, changes: DeviceChanges) => Promise<boolean>;
}

/**
 * Changes a device at run time. One that ends up disabled loses its connection within seconds; asking again for what is so already cuts it
 * off again, so that an attempt that failed half-way can be repeated.
 *
 * @throws InvalidSetting for a value that cannot be; Refusal CAUSEWAY.0404 when the device has gone meanwhile
 */
export async function changeDevice(
  ports: ChangeDevicePorts,
  device: DeviceRecord,
  wanted: Partial<DeviceSettings>,
): Promise<DeviceRecord> {
  const { device: _, ...settings } = checkDevice('device', {
    device: device.deviceId,
    ...settingsOf(device),
    ...wanted,
  });
  const changed = { ...device, ...settings };
  const changes = differences(settingsOf(device), settings);
  if (Object.keys(changes).length > 0 && !(await ports.updateDevice(device.clientId, changes))) {
    throw noDevice(device.product, device.deviceId);
  }
  if (wanted.enabled === false) {
    await cutOff(ports, device.clientId);
  }

  return changed;
}

export function settingsOf({ name, enabled, tags, description }: DeviceSettings): DeviceSettings {
  return { name, enabled, tags, description };
}

/** What of the settings is not as it was. */
export function differences(before: DeviceSettings, after: DeviceSettings): Partial<DeviceSettings> {
  const old: Readonly<Record<string, unknown>> = settingsOf(before);

  return Object.fromEntries(
    Object.entries(settingsOf(after)).filter(([name, value]) => !isDeepStrictEqual(value, old[name])),
  );
}

export function noDevice(product: string, device: string): Refusal {
  return new Refusal('CAUSEWAY.0404', { message: `The product ${product} has no device ${device}.` });
}
