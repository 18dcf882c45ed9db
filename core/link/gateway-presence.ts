import type { DeviceRecord } from './device.ts';
import type { Presence } from './presence.ts';

export interface GatewayPresencePorts {
  readonly findDevice: (clientId: string) => Promise<DeviceRecord | undefined>;
  /** Writes over this device's presence; false when somebody else was faster, or the device has gone. */
  readonly savePresence: (device: DeviceRecord, presence: Presence) => Promise<boolean>;
}

export interface BehindPorts extends GatewayPresencePorts {
  /** Client ids of all devices behind a gateway. */
  readonly behind: (gateway: string) => Promise<readonly string[]>;
}

/** What a gateway says of a device behind it, or what follows from its own end. */
interface Report {
  readonly online: boolean;
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly reason?: string;
}

/** As AWS IoT would name it, if it knew of devices behind others. */
const GATEWAY_OFFLINE = 'GATEWAY_OFFLINE';
const ATTEMPTS = 10;

/**
 * Where a device behind a gateway stands from now on; what is older than what is known changes nothing.
 *
 * @returns whether the device is behind this gateway
 */
export async function reportPresence(
  ports: GatewayPresencePorts,
  gateway: string,
  clientId: string,
  { online, at, reason }: Report,
): Promise<boolean> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    const device = await ports.findDevice(clientId);
    if (device === undefined || device.gateway !== gateway) {
      return false;
    }
    const { presence } = device;
    const isOld = presence !== undefined && (presence.at > at || presence.online === online);
    const next = { online, at, session: gateway, version: 0, ...(reason === undefined ? {} : { reason }) };
    if (isOld || (presence === undefined && !online) || (await ports.savePresence(device, next))) {
      return true;
    }
  }
  throw new PresenceKeepsChanging(clientId);
}

/**
 * A gateway says that a device is there. Whoever reads the gateway after writing that, and whoever writes that the gateway has gone before
 * looking at its devices, cannot both miss the other: no device stays online behind a gateway that has gone.
 */
export async function reportOnline(
  ports: GatewayPresencePorts,
  gateway: string,
  clientId: string,
  at: number,
): Promise<boolean> {
  const known = await reportPresence(ports, gateway, clientId, { online: true, at });
  const presence = (await ports.findDevice(gateway))?.presence;
  if (known && presence !== undefined && !presence.online && presence.at >= at) {
    await reportPresence(ports, gateway, clientId, { online: false, at: presence.at, reason: GATEWAY_OFFLINE });
  }

  return known;
}

/** A gateway has gone, and with it every device behind it. */
export async function reportGone(ports: BehindPorts, gateway: string, at: number): Promise<void> {
  for (const clientId of await ports.behind(gateway)) {
    await reportPresence(ports, gateway, clientId, { online: false, at, reason: GATEWAY_OFFLINE });
  }
}

class PresenceKeepsChanging extends Error {
  override readonly name = 'PresenceKeepsChanging';

  constructor(clientId: string) {
    super(`The presence of ${clientId} was changed by others ${ATTEMPTS} times in a row.`);
  }
}
