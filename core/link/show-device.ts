import type { DeviceRecord } from './device.ts';
import { deviceTopics } from './device-topics.ts';
import type { Presence } from './presence.ts';

/** A device as people may see it: everything but its password, which nobody can see. */
export interface DeviceView {
  /** The product's name. */
  readonly product: string;
  readonly productId: string;
  readonly device: string;
  readonly name: string;
  readonly enabled: boolean;
  /** Declared in a stack: it is removed there, not at run time. */
  readonly fixed: boolean;
  readonly app: string;
  readonly clientId: string;
  readonly username: string;
  readonly publish: string;
  readonly subscribe: string;
  readonly tags: readonly string[];
  readonly description: string;
  /** ISO 8601, UTC. */
  readonly registeredAt: string;
  /** A gateway, or a device behind one; absent for one that stands for itself only. */
  readonly nodeType?: 'gateway' | 'sub-device';
  /** Client id of the gateway that it stands behind. */
  readonly gateway?: string;
  readonly presence: PresenceView;
}

interface PresenceView {
  readonly state: 'never' | 'online' | 'offline';
  /** When it came or went: ISO 8601, UTC; absent when it never came. */
  readonly since?: string;
  /** Why it went, as AWS IoT names it. */
  readonly reason?: string;
}

export function deviceView(device: DeviceRecord): DeviceView {
  const { product, productId, deviceId, name, enabled, app, clientId, tags, description, registeredAt } = device;

  return {
    product,
    productId,
    device: deviceId,
    name,
    enabled,
    fixed: device.declaredBy !== undefined,
    app,
    clientId,
    username: clientId,
    ...deviceTopics(device),
    tags,
    description,
    registeredAt,
    ...(device.nodeType === undefined ? {} : { nodeType: device.nodeType }),
    ...(device.gateway === undefined ? {} : { gateway: device.gateway }),
    presence: presenceView(device.presence),
  };
}

function presenceView(presence: Presence | undefined): PresenceView {
  if (presence === undefined) {
    return { state: 'never' };
  }
  const { online, at, reason } = presence;

  return {
    state: online ? 'online' : 'offline',
    since: new Date(at).toISOString(),
    ...(reason === undefined ? {} : { reason }),
  };
}
