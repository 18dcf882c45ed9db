import type { DeviceChanges, DeviceRecord } from './device.ts';
import { behindEntries, stateOf, stateTerm, type TagEntry, tagEntries } from './device-terms.ts';

/** The table of devices, as far as it is written. */
export interface DeviceItems {
  readonly find: (clientId: string) => Promise<DeviceRecord | undefined>;
  /** Stores an item unless its key is taken; answers whether it did. */
  readonly add: (device: DeviceRecord) => Promise<boolean>;
  /** Sets attributes of an item that is still enabled as said and of this revision of its presence. */
  readonly update: (
    clientId: string,
    changes: DeviceChanges,
    onlyIf: { readonly enabled?: boolean; readonly presenceRevision?: number | undefined },
  ) => Promise<boolean>;
  readonly remove: (clientId: string) => Promise<void>;
  readonly putEntry: (entry: TagEntry) => Promise<unknown>;
  readonly removeEntry: (entry: TagEntry) => Promise<void>;
}

/** Writes devices so that they can be found. */
export interface DeviceStore {
  readonly addDevice: (device: DeviceRecord) => Promise<boolean>;
  readonly updateDevice: (clientId: string, changes: DeviceChanges) => Promise<boolean>;
  readonly removeDevice: (clientId: string) => Promise<void>;
}

/** Times that a device's state may change under our hands. */
const ATTEMPTS = 10;

/**
 * Keeps the index right without transactions. A device's state is an attribute of its item, written only over the state it was made of. A tag's entry
 * is there before the device has the tag and goes after: wherever a write breaks off, an entry too many is left, never one too few, and whoever
 * searches looks at the device.
 */
export function deviceStore(items: DeviceItems): DeviceStore {
  const put = (device: DeviceRecord) => Promise.all(tagEntries(device, device.tags).map(items.putEntry));
  const drop = (device: DeviceRecord, kept: readonly string[]) => {
    const stay = new Set(tagEntries(device, kept).map(({ clientId }) => clientId));

    return Promise.all(
      tagEntries(device, device.tags)
        .filter(({ clientId }) => !stay.has(clientId))
        .map(items.removeEntry),
    );
  };

  return {
    async addDevice(device) {
      await Promise.all([put(device), ...behindEntries(device).map(items.putEntry)]);

      return items.add({ ...device, term: termOf(device) });
    },

    async updateDevice(clientId, changes) {
      if (changes.enabled === undefined && changes.tags === undefined) {
        return items.update(clientId, changes, {});
      }
      for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
        const device = await items.find(clientId);
        if (device === undefined) {
          return false;
        }
        const next = { ...device, ...changes };
        await put(next);
        const { enabled, presenceRevision } = device;
        if (await items.update(clientId, { ...changes, term: termOf(next) }, { enabled, presenceRevision })) {
          await drop(device, next.tags);
          await again(clientId);
          return true;
        }
      }
      throw new DeviceKeepsChanging(clientId);
    },

    async removeDevice(clientId) {
      const device = await items.find(clientId);
      await items.remove(clientId);
      if (device !== undefined) {
        await Promise.all([drop(device, []), ...behindEntries(device).map(items.removeEntry)]);
      }
    },
  };

  /** Two that change a device's tags at once may drop an entry that the other one needs. */
  async function again(clientId: string): Promise<void> {
    const device = await items.find(clientId);
    if (device !== undefined) {
      await put(device);
    }
  }
}

/** The index term of a device's state. */
export function termOf(device: Pick<DeviceRecord, 'productId' | 'enabled' | 'presence'>): string {
  return stateTerm(device.productId, stateOf(device));
}

class DeviceKeepsChanging extends Error {
  override readonly name = 'DeviceKeepsChanging';

  constructor(clientId: string) {
    super(`The presence of ${clientId} was changed by others ${ATTEMPTS} times in a row.`);
  }
}
