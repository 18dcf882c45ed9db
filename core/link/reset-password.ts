import { Refusal } from '../errors.ts';
import { type ChangeDevicePorts, noDevice } from './change-device.ts';
import { cutOff } from './cut-off.ts';
import type { DeviceRecord } from './device.ts';
import { checkPassword, generatePassword } from './password.ts';
import type { DevicesSecret } from './provision-devices.ts';
import { credentialsOf, type DeviceCredentials } from './register-device.ts';

export interface ResetPasswordPorts extends ChangeDevicePorts {
  readonly hashPassword: (password: string) => Promise<string>;
  /** The secret of the product's fixed devices; undefined when the catalogue knows none. */
  readonly secret: DevicesSecretStore | undefined;
}

export interface DevicesSecretStore {
  /** Undefined while the secret holds nothing of ours. */
  readonly read: () => Promise<DevicesSecret | undefined>;
  readonly write: (secret: DevicesSecret) => Promise<void>;
}

/**
 * Gives a device a new password and answers it, once; whoever is connected with the old one is cut off. A fixed device's secret gets it too,
 * and first: deployments, people and local.json read the password there, and the next deployment would bring an old one back.
 *
 * @throws Refusal CAUSEWAY.0400 for a password that is too weak; CAUSEWAY.0404 when the device has gone meanwhile; CAUSEWAY.0412 for a fixed
 * device that is not in the secret of its product
 */
export async function resetPassword(
  ports: ResetPasswordPorts,
  device: DeviceRecord,
  password: string = generatePassword(),
): Promise<DeviceCredentials> {
  checkPassword(password);
  const passwordHash = await ports.hashPassword(password);
  const credentials = credentialsOf({
    clientId: device.clientId,
    product: device,
    deviceId: device.deviceId,
    password,
  });
  const fixed = device.declaredBy !== undefined;
  if (fixed) {
    await putIntoSecret(ports, credentials);
  }
  if (!(await ports.updateDevice(device.clientId, { passwordHash }))) {
    throw noDevice(device.product, device.deviceId);
  }
  await cutOff(ports, device.clientId);
  if (fixed) {
    // Nothing locks a secret: of two changes at one moment the later write wins. By now both are done, and the one that lost sees it.
    await putIntoSecret(ports, credentials);
  }

  return credentials;
}

async function putIntoSecret({ secret: store }: ResetPasswordPorts, credentials: DeviceCredentials): Promise<void> {
  const secret = await store?.read();
  const mine = secret?.devices.find(({ clientId }) => clientId === credentials.clientId);
  if (store === undefined || secret === undefined || mine === undefined) {
    throw new Refusal('CAUSEWAY.0412', {
      message:
        `The fixed device ${credentials.device} is not in the secret of its product ${credentials.product}: ` +
        'deploy its stack once more, then reset the password.',
    });
  }
  if (mine.password !== credentials.password) {
    await store.write({ ...secret, devices: secret.devices.map((entry) => (entry === mine ? credentials : entry)) });
  }
}
