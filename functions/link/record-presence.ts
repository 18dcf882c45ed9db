import type { DeviceRecord } from '../../core/link/device.ts';
import { type BehindPorts, reportGone } from '../../core/link/gateway-presence.ts';
import { nextPresence, presenceEvent } from '../../core/link/presence.ts';
import { gatewayPresence } from '../shared/gateway-ports.ts';
import { logger } from '../shared/logger.ts';

export type RecordPresencePorts = BehindPorts;

/** Events of one device that are recorded at the same moment meet; each time one of them wins. */
const ATTEMPTS = 10;

/** Life-cycle events of MQTT connections, as the platform's rule selects them: one event an invocation, doubled and out of order. */
export const handler = recordPresence(gatewayPresence);

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
    const ports = portsOf();
    const { findDevice, savePresence } = ports;
    for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
      const device = await findDevice(event.clientId);
      if (device === undefined) {
        return;
      }
      const presence = nextPresence(device.presence, event);
      if (presence === device.presence) {
        // An attempt before may have come no further than the gateway itself.
        await withItsDevices(ports, device);
        return;
      }
      if (await savePresence(device, presence)) {
        await withItsDevices(ports, { ...device, presence });
        const { product, deviceId } = device;
        logger.info('presence', { product, device: deviceId, ...presence });
        return;
      }
    }
    throw new PresenceNotRecorded(event.clientId);
  };
}

async function withItsDevices(ports: BehindPorts, { clientId, nodeType, presence }: DeviceRecord): Promise<void> {
  if (nodeType === 'gateway' && presence?.online === false) {
    await reportGone(ports, clientId, presence.at);
  }
}

class PresenceNotRecorded extends Error {
  override readonly name = 'PresenceNotRecorded';

  constructor(clientId: string) {
    super(`The presence of ${clientId} was changed by others ${ATTEMPTS} times in a row.`);
  }
}
