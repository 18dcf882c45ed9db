import type { DeleteDevicePorts } from '../../../core/link/delete-device.ts';
import type { DeviceRecord } from '../../../core/link/device.ts';
import type { DevicesSecret, ProvisionDevicesPorts } from '../../../core/link/provision-devices.ts';
import type { DeviceThing } from '../../../core/link/register-device.ts';

/** Devices, things and a secret in memory. Hashes are readable, so that a test sees whose password they stand for. */
export class DeviceRegistry {
  readonly devices = new Map<string, DeviceRecord>();
  readonly things = new Map<string, DeviceThing>();
  /** Client ids whose connection was ended. */
  readonly cut: string[] = [];
  /** Certificates that were removed. */
  readonly discarded: string[] = [];
  /** What was done, in order. */
  readonly steps: string[] = [];
  secret: DevicesSecret | undefined;
  /** Set to make the next steps of this kind fail. */
  failing: string | undefined;

  readonly ports: ProvisionDevicesPorts & Pick<DeleteDevicePorts, 'discardCertificate'> = {
    readSecret: async () => this.secret,
    writeSecret: async (secret) => {
      this.#step('secret');
      this.secret = structuredClone(secret);
    },
    findDevice: async (clientId) => this.devices.get(clientId),
    addDevice: async (device) => {
      this.#step('item');
      if (this.devices.has(device.clientId)) {
        return false;
      }
      this.devices.set(device.clientId, device);

      return true;
    },
    updateDevice: async (clientId, changes) => {
      this.#step('item');
      const device = this.devices.get(clientId);
      if (device === undefined) {
        return false;
      }
      this.devices.set(clientId, { ...device, ...changes });

      return true;
    },
    removeDevice: async (clientId) => {
      this.#step('remove item');
      this.devices.delete(clientId);
    },
    addThing: async (thing) => {
      this.#step('thing');
      this.things.set(thing.clientId, thing);
    },
    discardCertificate: async (id) => {
      this.#step('discard certificate');
      this.discarded.push(id);
    },
    removeThing: async (clientId) => {
      this.#step('remove thing');
      this.things.delete(clientId);
    },
    cutConnection: async (clientId) => {
      this.#step('cut');
      this.cut.push(clientId);
    },
    pause: async () => {
      this.#step('pause');
    },
    hashPassword: async (password) => `hash of ${password}`,
    verifyPassword: async (password, hash) => hash === `hash of ${password}`,
    now: () => new Date('2026-11-24T10:00:00Z'),
  };

  device(deviceId: string): DeviceRecord | undefined {
    return [...this.devices.values()].find((device) => device.deviceId === deviceId);
  }

  passwordOf(deviceId: string): string | undefined {
    return this.secret?.devices.find(({ device }) => device === deviceId)?.password;
  }

  #step(step: string): void {
    if (this.failing === step) {
      throw new TypeError(`${step} failed`);
    }
    this.steps.push(step);
  }
}
