import type { DeviceRecord } from '../../core/link/device.ts';
import { nextPresence, type Presence, presenceEvent } from '../../core/link/presence.ts';
import { termOf } from '../../core/link/store-device.ts';
import { logger } from '../shared/logger.ts';
import { deviceTable } from '../shared/tables.ts';

export interface RecordPresencePorts {
  readonly findDevice: (clientId: string) => Promise<DeviceRecord | undefined>;
  /** Writes over this device's presence; false when somebody else was faster, or the device has gone. */
  readonly savePresence: (device: DeviceRecord, presence: Presence) => Promise<boolean>;
}

/** Events of one device that are recorded at the same moment meet; each time one of them wins. */
const ATTEMPTS = 10;

/** Life-cycle events of MQTT connections, as the platform's rule selects them: one event an invocation, doubled and out of order. */
export const handler = recordPresence(() => {
  const devices = deviceTable();

  return {
    findDevice: (clientId) => devices.get({ clientId }),
    savePresence: (device, presence) => {
      const { clientId, enabled, presenceRevision } = device;

      return devices.update(
        { clientId },
        { presence, presenceRevision: (presenceRevision ?? 0) + 1, term: termOf({ ...device, presence }) },
        { onlyIf: { presenceRevision, enabled } },
      );
    },
  };
});

/**
 * Clients that are not our devices are ignored, also those that another environment of the account registered. Throws when an event could not
 * be recorded, so that Lambda tries it again.
 */
export function recordPresence(portsOf: () => RecordPresencePorts): (payload: unknown) => Promise<void> {
  return async (payload) => {
    const event = presenceEvent(payload);
    if (event === undefined) {
      logger.warn('not a life-cycle event', { payload });
      return;
    }
    const { findDevice, savePresence } = portsOf();
    for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
      const device = await findDevice(event.clientId);
      if (device === undefined) {
        return;
      }
      const presence = nextPresence(device.presence, event);
      if (presence === device.presence) {
        return;
      }
      if (await savePresence(device, presence)) {
        const { product, deviceId } = device;
        logger.info('presence', { product, device: deviceId, ...presence });
        return;
      }
    }
    throw new PresenceNotRecorded(event.clientId);
  };
}

class PresenceNotRecorded extends Error {
  override readonly name = 'PresenceNotRecorded';

  constructor(clientId: string) {
    super(`The presence of ${clientId} was changed by others ${ATTEMPTS} times in a row.`);
  }
}
