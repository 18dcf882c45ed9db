import { array, literal, number, object, safeParse, string } from 'zod/mini';
import { deliverToListener, type ListenerPorts } from '../../core/link/deliver-commands.ts';
import type { DeviceRecord } from '../../core/link/device.ts';
import { commandStore } from '../shared/command-table.ts';
import { logger } from '../shared/logger.ts';
import { deviceTable } from '../shared/tables.ts';

/** D:iot/latest/developerguide/life-cycle-events, Subscribe and unsubscribe events */
const subscribed = object({
  clientId: string(),
  eventType: literal('subscribed'),
  sessionIdentifier: string(),
  timestamp: number(),
  topics: array(string()),
});

/** AWS IoT's events of subscriptions, as the platform's rule selects them: a device that listens gets the commands that wait for it. */
export const handler = deliverCommands(() => ({
  ...commandStore(),
  saveListening: (clientId, listening) => deviceTable().update<DeviceRecord>({ clientId }, { listening }),
}));

/** Clients that are not our devices are ignored. Throws when something could not be read or written, so that Lambda tries it again. */
export function deliverCommands(portsOf: () => ListenerPorts): (payload: unknown) => Promise<void> {
  return async (payload) => {
    const { success, data } = safeParse(subscribed, payload);
    if (!success) {
      logger.warn('not the event of a subscription', { payload });
      return;
    }
    const sent = await deliverToListener(portsOf(), data);
    if (sent > 0) {
      logger.info('commands sent that waited', { clientId: data.clientId, sent });
    }
  };
}
