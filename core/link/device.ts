import { InvalidSetting } from '../errors.ts';
import { checkLength, checkPattern } from '../platform/check-setting.ts';
import type { Presence } from './presence.ts';

/** A fixed device, as a stack declares it and as its custom resource receives it. */
export interface DeviceDeclaration {
  /** The physical id (IMEI, MAC, a number on the housing): 2 to 64 letters, digits, `_` or `-`; unique in its product. */
  readonly device: string;
  /** 2 to 64 characters; the physical id by default. */
  readonly name?: string;
  /** Whether it may log in; yes by default. */
  readonly enabled?: boolean;
  /** At most 10, of 1 to 64 characters each; `key=value` is also found by its key. */
  readonly tags?: readonly string[];
  /** At most 1,000 characters. */
  readonly description?: string;
}

/** A declaration with its defaults filled in and its rules checked. */
export type CheckedDevice = Readonly<Required<DeviceDeclaration>>;

/** What may change of a device while it is registered, by its stack and by people at run time. */
export type DeviceSettings = Omit<CheckedDevice, 'device'>;

/** A registered device, as it is stored. */
export interface DeviceRecord extends DeviceSettings {
  /** Also the user name and the thing's name; see `clientIdOf`. */
  readonly clientId: string;
  readonly productId: string;
  /** The product's name. */
  readonly product: string;
  readonly deviceId: string;
  /** See `hashPassword`. */
  readonly passwordHash: string;
  readonly app: string;
  /** ISO 8601, UTC. */
  readonly registeredAt: string;
  /** The custom resource that declares the device; absent for one registered at run time. */
  readonly declaredBy?: string;
  /** What its stack said when it was last deployed: a deployment applies only what differs from this. */
  readonly declared?: DeviceSettings;
  /** Absent: it was never connected. */
  readonly presence?: Presence;
  /** Those it may log in with, and those it might; by id. */
  readonly certificates?: Readonly<Record<string, DeviceCertificate>>;
  /** How often `certificates` was written. */
  readonly certificatesRevision?: number;
  /** Under what the index finds it: its product and its state. */
  readonly term?: string;
  /** What it is among devices; absent for one that stands for itself only. */
  readonly nodeType?: 'gateway' | 'sub-device';
  /** Client id of the gateway that speaks for it; of sub-devices. */
  readonly gateway?: string;
  /** When it last subscribed to the topic of its commands. */
  readonly listening?: Listening;
  /** How often `presence` was written: the next change is written only over the one it was made of. */
  readonly presenceRevision?: number;
}

export interface Listening {
  /** The connection's, as presence has it. */
  readonly session: string;
  /** Milliseconds since the epoch. */
  readonly at: number;
}

/** A certificate of AWS IoT's registry. Its key is nowhere. */
export interface DeviceCertificate {
  /** ISO 8601, UTC. */
  readonly createdAt: string;
  readonly expiresAt: string;
  readonly revokedAt?: string;
}

/** Attributes of a stored device to set; what is not named stays as it is. */
export type DeviceChanges = Partial<
  Omit<DeviceRecord, 'clientId' | 'productId' | 'deviceId' | 'presence' | 'presenceRevision'>
>;

const DEVICE_ID = /^[A-Za-z0-9_-]{2,64}$/;
const MAX_TAGS = 10;
/** Semicolons separate tags in files and queries. */
const TAG = /^[^;\p{Cc}]{1,64}$/u;

/**
 * Checks what describes a device and fills in the defaults.
 *
 * @param at where the device is declared, for the message: a construct's path, or `device`
 * @throws InvalidSetting
 */
export function checkDevice(at: string, declaration: DeviceDeclaration): CheckedDevice {
  const { device, name = device, enabled = true, tags = [], description = '' } = declaration;
  checkPattern(`${at}: physical id`, device, DEVICE_ID, '2 to 64 letters, digits, "_" or "-"');
  checkLength(`${at}: name`, name, 2, 64);
  checkLength(`${at}: description`, description, 0, 1000);
  if (tags.length > MAX_TAGS) {
    throw new InvalidSetting(`${at}: tags`, tags, `at most ${MAX_TAGS}`);
  }
  for (const tag of tags) {
    checkPattern(`${at}: tag`, tag, TAG, '1 to 64 characters, without semicolons and control characters');
  }

  return Object.freeze({ device, name, enabled, tags: Object.freeze([...tags]), description });
}
