import { beforeEach, expect, test } from '@jest/globals';
import { recordPresence } from '../../../functions/link/record-presence.ts';
import { logLines } from '../shared/log-lines.ts';
import { DeviceRegistry } from './device-registry.ts';

const log = logLines();
const EVENT = {
  clientId: 'd1',
  timestamp: Date.UTC(2026, 10, 24, 10),
  eventType: 'connected',
  sessionIdentifier: 's1',
  principalIdentifier: 'd1',
  ipAddress: '192.0.2.1',
  versionNumber: 4,
};
let registry: DeviceRegistry;
/** Runs before the next write, as if somebody else were faster. */
let meanwhile: (() => void) | undefined;

beforeEach(() => {
  registry = new DeviceRegistry();
  meanwhile = undefined;
  registry.devices.set('d1', { clientId: 'd1', product: 'ParkingSensor', deviceId: 'S-001', enabled: true } as never);
});

const record = recordPresence(() => ({
  behind: async (gateway) =>
    [...registry.devices.values()].flatMap((one) => (one.gateway === gateway ? [one.clientId] : [])),
  findDevice: async (clientId) => registry.devices.get(clientId),
  savePresence: async ({ clientId, presenceRevision: revision }, presence) => {
    meanwhile?.();
    const device = registry.devices.get(clientId);
    if (device === undefined || device.presenceRevision !== revision) {
      return false;
    }
    registry.devices.set(clientId, { ...device, presence, presenceRevision: (revision ?? 0) + 1 });

    return true;
  },
}));
const stored = () => registry.devices.get('d1');

test('a device that connects is online, and offline with the reason when it is gone', async () => {
  await record(EVENT);
  expect(stored()).toMatchObject({ enabled: true, presence: { online: true, at: EVENT.timestamp } });

  await record({
    ...EVENT,
    eventType: 'disconnected',
    disconnectReason: 'CONNECTION_LOST',
    timestamp: EVENT.timestamp + 1,
  });
  expect(stored()?.presence).toEqual({
    online: false,
    at: EVENT.timestamp + 1,
    session: 's1',
    version: 4,
    reason: 'CONNECTION_LOST',
  });
});

test('an event that comes twice, or late, writes nothing', async () => {
  await record({ ...EVENT, eventType: 'disconnected' });
  const before = stored();

  await record({ ...EVENT, eventType: 'disconnected' });
  await record(EVENT);
  await record({ ...EVENT, versionNumber: 3, sessionIdentifier: 's0' });

  expect(stored()).toBe(before);
});

test('of two events at one moment the later one stays, whichever is written first', async () => {
  meanwhile = () => {
    meanwhile = undefined;
    const presence = { online: false, at: EVENT.timestamp + 5, session: 's1', version: 4 };
    registry.devices.set('d1', { ...stored(), presence, presenceRevision: 1 } as never);
  };

  await record(EVENT);

  expect(stored()).toMatchObject({ presence: { online: false }, presenceRevision: 1 });
});

test('an event that others keep from being recorded fails, so that Lambda tries it again', async () => {
  meanwhile = () => registry.devices.set('d1', { ...stored(), presenceRevision: Math.random() } as never);

  await expect(record(EVENT)).rejects.toThrow('The presence of d1 was changed by others 10 times in a row.');
});

test('a client that is no device of ours is ignored, also one that is deleted meanwhile', async () => {
  await record({ ...EVENT, clientId: 'd2' });
  meanwhile = () => registry.devices.delete('d1');
  await record(EVENT);

  expect(registry.devices.size).toBe(0);
});

test('what is no event is logged and left alone', async () => {
  await record({ eventType: 'connect_failed' });

  expect(log.text()).toContain('not a life-cycle event');
});

test('with a gateway go the devices behind it, also when the event comes again after half of it was done', async () => {
  const behind = (clientId: string, online: boolean, at = EVENT.timestamp) =>
    registry.devices.set(clientId, {
      ...{ clientId, product: 'ParkingSensor', productId: 'p1', deviceId: clientId, enabled: true, gateway: 'd1' },
      presence: { online, at, session: 'd1', version: 0 },
    } as never);
  registry.devices.set('d1', { ...stored(), nodeType: 'gateway' } as never);
  await record(EVENT);
  behind('d2', true);
  behind('d3', true, EVENT.timestamp + 90_000);
  const gone = {
    ...EVENT,
    eventType: 'disconnected',
    timestamp: EVENT.timestamp + 60_000,
    disconnectReason: 'CONNECTION_LOST',
  };

  await record(gone);
  const first = registry.devices.get('d2')?.presence;
  behind('d2', true);
  await record(gone);

  expect(first).toMatchObject({ online: false, at: gone.timestamp, reason: 'GATEWAY_OFFLINE' });
  expect(registry.devices.get('d2')?.presence).toMatchObject({ online: false });
  // It was said to be there after that, over another connection.
  expect(registry.devices.get('d3')?.presence).toMatchObject({ online: true });
});
