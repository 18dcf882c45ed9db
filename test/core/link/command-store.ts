import type { CommandRecord } from '../../../core/link/command.ts';
import type { CommandKey, ListenerPorts } from '../../../core/link/deliver-commands.ts';
import type { DeviceRecord } from '../../../core/link/device.ts';
import type { SendCommandPorts } from '../../../core/link/send-command.ts';

const MINUTE = 60_000;
export const START = Date.UTC(2026, 10, 24, 10);

/** A device as it is registered. */
export function deviceOf(deviceId: string, more: Partial<DeviceRecord> = {}): DeviceRecord {
  return {
    clientId: `d-${deviceId}`,
    productId: 'p1111',
    product: 'Gate',
    deviceId,
    name: deviceId,
    enabled: true,
    passwordHash: 'hash',
    app: 'parking',
    tags: [],
    description: '',
    registeredAt: '2026-11-24T09:00:00.000Z',
    ...more,
  };
}

export const presenceOf = (online: boolean, session = 'one', at = START - MINUTE) => ({
  online,
  at,
  session,
  version: 1,
});

/** Commands and devices in memory, with a clock that only moves when somebody waits. */
export class CommandStore {
  readonly commands = new Map<string, CommandRecord>();
  readonly pending = new Set<string>();
  readonly devices = new Map<string, DeviceRecord>();
  readonly published: { readonly topic: string; readonly payload: Record<string, unknown> }[] = [];
  readonly failures: unknown[] = [];
  time = START;
  /** What a device does when a command reaches it. */
  onPublish: (topic: string, payload: Record<string, unknown>) => Promise<unknown> = async () => undefined;
  /** What happens while somebody waits. */
  onPause: () => Promise<unknown> = async () => undefined;

  readonly ports: SendCommandPorts & ListenerPorts = {
    addCommand: async (command) => {
      if (this.commands.has(keyOf(command))) {
        return false;
      }
      this.commands.set(keyOf(command), command);

      return true;
    },
    addPending: async (command) => this.pending.add(keyOf(command)),
    removePending: async (key) => void this.pending.delete(keyOf(key)),
    pendingOf: async (clientId) =>
      [...this.pending]
        .filter((key) => key.startsWith(`${clientId}/`))
        .sort()
        .map((key) => ({ clientId, id: key.split('/')[1] as string })),
    findCommand: async (key) => this.commands.get(keyOf(key)),
    updateCommand: async (key, changes, { status }) => {
      const command = this.commands.get(keyOf(key));
      if (command?.status !== status) {
        return false;
      }
      this.commands.set(keyOf(key), { ...command, ...changes });

      return true;
    },
    findDevice: async (clientId) => this.devices.get(clientId),
    saveListening: async (clientId, listening) => {
      const device = this.devices.get(clientId);
      if (device === undefined) {
        return false;
      }
      this.devices.set(clientId, { ...device, listening });

      return true;
    },
    publish: async (topic, payload) => {
      const message = JSON.parse(payload) as Record<string, unknown>;
      this.published.push({ topic, payload: message });
      await this.onPublish(topic, message);
    },
    failed: (_, error) => this.failures.push(error),
    random: (below) => below - 1,
    pause: async (milliseconds) => {
      this.time += milliseconds;
      await this.onPause();
    },
    now: () => new Date(this.time),
  };

  /** @returns the device, kept */
  keep(device: DeviceRecord): DeviceRecord {
    this.devices.set(device.clientId, device);

    return device;
  }

  only(): CommandRecord {
    return [...this.commands.values()][0] as CommandRecord;
  }
}

function keyOf({ clientId, id }: CommandKey): string {
  return `${clientId}/${id}`;
}
