import { InvalidSetting, Refusal } from '../errors.ts';
import { checkDistinct } from '../platform/check-setting.ts';
import { differences, settingsOf } from './change-device.ts';
import { clientIdOf } from './client-id.ts';
import { type CutOffPorts, cutOff } from './cut-off.ts';
import {
  type CheckedDevice,
  checkDevice,
  type DeviceChanges,
  type DeviceDeclaration,
  type DeviceRecord,
} from './device.ts';
import { generatePassword } from './password.ts';
import {
  credentialsOf,
  type DeviceCredentials,
  type DeviceProduct,
  type DeviceThing,
  deviceRecord,
} from './register-device.ts';

/** The fixed devices of one product in one stack. */
export interface DeclaredDevices {
  readonly environment: string;
  readonly product: DeviceProduct;
  readonly devices: readonly DeviceDeclaration[];
}

/** What the stack's secret holds. */
export interface DevicesSecret {
  readonly devices: readonly DeviceCredentials[];
  /** Passwords of devices that are gone: a roll-back that brings one back must not lock it out. The latest first. */
  readonly removed?: readonly { readonly clientId: string; readonly password: string }[];
}

export interface ProvisionDevicesPorts extends CutOffPorts {
  /** Undefined while the secret holds nothing of ours. */
  readonly readSecret: () => Promise<DevicesSecret | undefined>;
  readonly writeSecret: (secret: DevicesSecret) => Promise<void>;
  readonly findDevice: (clientId: string) => Promise<DeviceRecord | undefined>;
  /** Stores a device unless its client id is taken; answers whether it did. */
  readonly addDevice: (device: DeviceRecord) => Promise<boolean>;
  /** Sets these attributes of a stored device; false when there is none. */
  readonly updateDevice: (clientId: string, changes: DeviceChanges) => Promise<boolean>;
  readonly removeDevice: (clientId: string) => Promise<void>;
  readonly addThing: (thing: DeviceThing) => Promise<void>;
  readonly removeThing: (clientId: string) => Promise<void>;
  readonly hashPassword: (password: string) => Promise<string>;
  readonly verifyPassword: (password: string, hash: string) => Promise<boolean>;
  readonly now: () => Date;
}

type RemoveDevicePorts = CutOffPorts & Pick<ProvisionDevicesPorts, 'findDevice' | 'removeDevice' | 'removeThing'>;

/** A secret of Secrets Manager. D:secretsmanager/latest/userguide/reference_limits */
const MAX_SECRET_BYTES = 65_536;
const MAX_REMOVED = 50;
/** Devices worked on at once: half of what one registry takes in a second is left to everybody else. */
const AT_ONCE = 10;

/**
 * Makes what exists match what a stack declares: passwords into the secret first (a device whose password nobody knows would be lost), then
 * items and things, then the devices that are declared no longer are removed. Repeatable at any point.
 *
 * @param owner the custom resource's id: devices that somebody else registered are not touched
 * @param before what was declared until now
 * @throws Refusal CAUSEWAY.0409 for a device that was registered elsewhere
 */
export async function provisionDevices(
  ports: ProvisionDevicesPorts,
  owner: string,
  declared: DeclaredDevices,
  before?: DeclaredDevices,
): Promise<void> {
  const wanted = checkDeclared(declared);
  const secret = await ports.readSecret();
  const next = nextSecret(secret, declared, wanted);
  if (JSON.stringify(next) !== JSON.stringify(secret)) {
    await ports.writeSecret(next);
  }
  await eachOf(next.devices, async ({ device, clientId, password }) => {
    const checked = wanted.get(device) as CheckedDevice;
    await keep(ports, { owner, clientId, product: declared.product, device: checked, password });
  });
  const kept = new Set(next.devices.map(({ clientId }) => clientId));
  const gone = [...(secret?.devices ?? []).map(({ clientId }) => clientId), ...clientIdsOf(before)];
  await eachOf(
    [...new Set(gone)].filter((clientId) => !kept.has(clientId)),
    (clientId) => remove(ports, owner, clientId),
  );
}

/** Removes the devices a stack declared; their passwords go with its secret. */
export async function removeDevices(ports: RemoveDevicePorts, owner: string, declared: DeclaredDevices): Promise<void> {
  await eachOf(clientIdsOf(declared), (clientId) => remove(ports, owner, clientId));
}

function checkDeclared({ product, devices }: DeclaredDevices): Map<string, CheckedDevice> {
  const at = `devices of ${product.product}`;
  checkDistinct(
    `${at}: physical id`,
    devices.map(({ device }) => device),
  );

  return new Map(devices.map((declaration) => [declaration.device, checkDevice(at, declaration)]));
}

function nextSecret(
  secret: DevicesSecret | undefined,
  { environment, product }: DeclaredDevices,
  wanted: ReadonlyMap<string, CheckedDevice>,
): DevicesSecret {
  const current = secret?.devices ?? [];
  const known = [...current, ...(secret?.removed ?? [])];
  const devices = [...wanted.keys()].map((deviceId) => {
    const clientId = clientIdOf({ environment, productId: product.productId, deviceId });
    const password = known.find((entry) => entry.clientId === clientId)?.password ?? generatePassword();

    return credentialsOf({ clientId, product, deviceId, password });
  });
  const removed = known
    .filter(({ clientId }) => !devices.some((device) => device.clientId === clientId))
    .map(({ clientId, password }) => ({ clientId, password }))
    .slice(0, MAX_REMOVED);
  const next = removed.length > 0 ? { devices, removed } : { devices };
  const bytes = new TextEncoder().encode(JSON.stringify(next)).length;
  if (bytes > MAX_SECRET_BYTES) {
    throw new InvalidSetting(
      `devices of ${product.product}`,
      `${devices.length} devices, ${bytes} bytes of credentials`,
      `as many as fit into a secret of ${MAX_SECRET_BYTES} bytes, about 250; register more at run time`,
    );
  }

  return next;
}

interface Kept {
  readonly owner: string;
  readonly clientId: string;
  readonly product: DeviceProduct;
  readonly device: CheckedDevice;
  readonly password: string;
}

/**
 * Of a device that is there already, only what the declaration changed is applied: what people have changed at run time since, such as
 * disabling a stolen sensor, outlives every deployment that does not speak of it.
 */
async function keep(ports: ProvisionDevicesPorts, kept: Kept): Promise<void> {
  const { owner, clientId, product, device, password } = kept;
  const stored = await ports.findDevice(clientId);
  if (stored !== undefined && stored.declaredBy !== owner) {
    throw conflict(product, device);
  }
  await ports.addThing({ clientId, productId: product.productId, deviceId: device.device });
  if (stored === undefined) {
    return add(ports, kept);
  }
  const sameSecret = await ports.verifyPassword(password, stored.passwordHash);
  const changes = declaredChanges(stored, kept);
  const all = sameSecret ? changes : { ...changes, passwordHash: await ports.hashPassword(password) };
  if (Object.keys(all).length > 0 && !(await ports.updateDevice(clientId, all))) {
    return add(ports, kept);
  }
  if (!sameSecret || !(changes.enabled ?? stored.enabled)) {
    await cutOff(ports, clientId);
  }
}

function declaredChanges(stored: DeviceRecord, { product: { product, app }, device }: Kept): DeviceChanges {
  const declared = settingsOf(device);
  // A device of a release that did not keep what was declared could not be changed at run time: it is as it was declared.
  const changed = differences(stored.declared ?? stored, declared);
  const noted = stored.declared !== undefined && Object.keys(changed).length === 0;

  return {
    ...changed,
    ...(noted ? {} : { declared }),
    ...(stored.product === product ? {} : { product }),
    ...(stored.app === app ? {} : { app }),
  };
}

async function add(ports: ProvisionDevicesPorts, { owner, clientId, product, device, password }: Kept): Promise<void> {
  const passwordHash = await ports.hashPassword(password);
  const record = deviceRecord({ clientId, product, device, passwordHash, at: ports.now() });
  if (!(await ports.addDevice({ ...record, declaredBy: owner, declared: settingsOf(device) }))) {
    throw conflict(product, device);
  }
}

function conflict({ product }: DeviceProduct, { device }: CheckedDevice): Refusal {
  return new Refusal('CAUSEWAY.0409', {
    message: `The device ${device} of the product ${product} is registered already, at run time or by another stack; declare it there or remove it first.`,
  });
}

/** The item first: from then on the device cannot log in again when it is cut off. */
async function remove(ports: RemoveDevicePorts, owner: string, clientId: string): Promise<void> {
  const stored = await ports.findDevice(clientId);
  if (stored !== undefined && stored.declaredBy !== owner) {
    return;
  }
  await ports.removeDevice(clientId);
  await cutOff(ports, clientId);
  await ports.removeThing(clientId);
}

function clientIdsOf(declared: DeclaredDevices | undefined): string[] {
  if (declared === undefined) {
    return [];
  }
  const { environment, product, devices } = declared;

  return devices.map(({ device }) => clientIdOf({ environment, productId: product.productId, deviceId: device }));
}

async function eachOf<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  for (let from = 0; from < items.length; from += AT_ONCE) {
    await Promise.all(items.slice(from, from + AT_ONCE).map(work));
  }
}
