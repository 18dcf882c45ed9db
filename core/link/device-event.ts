import { isDeepStrictEqual } from 'node:util';
import { settingsOf } from './change-device.ts';
import type { DeviceRecord } from './device.ts';

/** What is told of devices. `refused`: a log-in that was not let in. */
export type DeviceEventType = (typeof DEVICE_EVENTS)[number];

export const DEVICE_EVENTS = ['added', 'deleted', 'changed', 'online', 'offline', 'refused'] as const;

/** An item of the table of refusals. */
export interface RefusedLogins {
  /** That of a device; `unknown` for all that no device has. */
  readonly clientId: string;
  /** As long as there is one a week. */
  readonly total: number;
  /** Milliseconds since the epoch: the last. */
  readonly at: number;
  /** Of the last: `WrongPassword`. */
  readonly reason: string;
}

/** A change of an item, before and after. */
export interface ItemChange {
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly before?: unknown;
  readonly after?: unknown;
}

/** Written into topics. Names and forms are the reference system's where it has them. */
export interface DeviceEvent {
  readonly notifyType: string;
  /** The physical id. */
  readonly deviceIdentifier: string;
  /** The client id. */
  readonly deviceId: string;
  readonly deviceName?: string;
  readonly productName: string;
  readonly productId: string;
  /** Milliseconds since the epoch, as text. */
  readonly eventTime: string;
  readonly gatewayId: string | null;
  /** `0` enabled, `1` disabled. */
  readonly status?: '0' | '1';
  /** What is not as it was: `enabled`, `name`, `tags`, `description`. */
  readonly changed?: readonly string[];
  /** Why it went, or was not let in. */
  readonly reason?: string;
  /** Log-ins of this device that were refused so far. */
  readonly refusedLogins?: number;
}

export interface FoundEvent {
  readonly type: DeviceEventType;
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly event: DeviceEvent;
}

/** Of refused log-ins one event a device and minute is told, with how many there were. */
const MINUTE = 60_000;
export const UNKNOWN_CLIENT = 'unknown';

/** What a change of the table of devices means; nothing for what it holds beside devices. */
export function eventsOf({ at, before, after }: ItemChange): readonly FoundEvent[] {
  const [old, device] = [deviceOf(before), deviceOf(after)];
  if (device === undefined) {
    return old === undefined ? [] : [found('deleted', 'deviceDeleted', old, at)];
  }
  if (old === undefined) {
    const { enabled } = device;

    return [
      found('added', 'deviceAdded', device, at, { status: statusOf(enabled) }),
      ...presenceEvents(undefined, device),
    ];
  }
  const changed = changedSettings(old, device);
  const settings =
    changed.length === 0
      ? []
      : [found('changed', 'deviceChanged', device, at, { status: statusOf(device.enabled), changed })];

  return [...settings, ...presenceEvents(old, device)];
}

/** At most one event a minute, however many log-ins are refused. @param device whose log-ins they are, where there is one */
export function refusalEvents({ before, after }: ItemChange, device: DeviceRecord | undefined): readonly FoundEvent[] {
  const refused = after as RefusedLogins | undefined;
  const last = before as RefusedLogins | undefined;
  if (refused === undefined || (last !== undefined && minuteOf(last.at) === minuteOf(refused.at))) {
    return [];
  }
  const { clientId, at, reason, total } = refused;
  const named = device ?? { deviceId: '', clientId, name: '', product: '', productId: '' };

  return [found('refused', 'deviceLoginRefused', named, at, { reason, refusedLogins: total })];
}

function presenceEvents(old: DeviceRecord | undefined, device: DeviceRecord): FoundEvent[] {
  const { presence } = device;
  const before = old?.presence;
  const same =
    presence === undefined ||
    (presence.online === before?.online && presence.session === before.session && presence.version === before.version);
  if (same) {
    return [];
  }
  const { online, at, reason } = presence;

  return online
    ? [found('online', 'deviceOnline', device, at)]
    : [found('offline', 'deviceOffline', device, at, reason === undefined ? {} : { reason })];
}

function changedSettings(old: DeviceRecord, device: DeviceRecord): string[] {
  const [before, after]: Readonly<Record<string, unknown>>[] = [settingsOf(old), settingsOf(device)] as never;

  return Object.keys(after ?? {}).filter((name) => !isDeepStrictEqual(before?.[name], after?.[name]));
}

function found(
  type: DeviceEventType,
  notifyType: string,
  device: Pick<DeviceRecord, 'deviceId' | 'clientId' | 'name' | 'product' | 'productId' | 'gateway'>,
  at: number,
  more: Partial<DeviceEvent> = {},
): FoundEvent {
  const { deviceId, clientId, name, product, productId, gateway } = device;
  const event: DeviceEvent = {
    notifyType,
    deviceIdentifier: deviceId,
    deviceId: clientId,
    deviceName: name,
    productName: product,
    productId,
    eventTime: String(at),
    gatewayId: gateway ?? null,
    ...more,
  };

  return { type, at, event };
}

/** Entries of the index, which lie in the same table, name a device and are none. */
function deviceOf(item: unknown): DeviceRecord | undefined {
  const { passwordHash, productId } = (item ?? {}) as Partial<DeviceRecord>;

  return typeof passwordHash === 'string' && typeof productId === 'string' ? (item as DeviceRecord) : undefined;
}

function statusOf(enabled: boolean): '0' | '1' {
  return enabled ? '0' : '1';
}

function minuteOf(at: number): number {
  return Math.floor(at / MINUTE);
}
