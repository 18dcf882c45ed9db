import type { DeviceRecord } from './device.ts';

/** Where a device stands, for whoever looks for it; one that is disabled is that, whatever it was before. */
export type DeviceState = 'online' | 'offline' | 'never' | 'disabled';

export const DEVICE_STATES: readonly DeviceState[] = ['online', 'offline', 'never', 'disabled'];

export function stateOf({ enabled, presence }: Pick<DeviceRecord, 'enabled' | 'presence'>): DeviceState {
  if (!enabled) {
    return 'disabled';
  }
  if (presence === undefined) {
    return 'never';
  }

  return presence.online ? 'online' : 'offline';
}

/** Under what the index finds the devices of a product in one state; an attribute of the device's own item. */
export function stateTerm(productId: string, state: DeviceState): string {
  return `${productId}#state#${state}`;
}

/** Under what the index finds the devices of a product with one tag, or with a key; an item of its own each. */
export function tagTerm(productId: string, tag: string): string {
  return `${productId}#tag#${tag}`;
}

/** Under what the index finds the devices behind a gateway; an item of its own each. @param gateway its client id */
export function behindTerm(gateway: string): string {
  return `behind#${gateway}`;
}

/** The entry of a device that stands behind a gateway. */
export function behindEntries({
  clientId,
  deviceId,
  gateway,
}: Pick<DeviceRecord, 'clientId' | 'deviceId' | 'gateway'>): TagEntry[] {
  const term = gateway === undefined ? undefined : behindTerm(gateway);

  return term === undefined ? [] : [{ clientId: `${term}#${clientId}`, term, deviceId, of: clientId }];
}

/** An entry of the index: it says that a device may have a tag. The device itself says whether it has. */
export interface TagEntry {
  /** The item's key, in the table of devices: no client id looks like it. */
  readonly clientId: string;
  readonly term: string;
  readonly deviceId: string;
  readonly of: string;
}

/** A tag `floor=2` is found as such and by its key `floor`. */
export function tagEntries(
  { productId, deviceId, clientId }: Pick<DeviceRecord, 'productId' | 'deviceId' | 'clientId'>,
  tags: readonly string[],
): TagEntry[] {
  const words = new Set(tags.flatMap((tag) => [tag, keyOf(tag)]));

  return [...words].map((word) => {
    const term = tagTerm(productId, word);

    return { clientId: `${term}#${deviceId}`, term, deviceId, of: clientId };
  });
}

/** Whether a device has the tag, or one with this key. */
export function hasTag(tags: readonly string[], wanted: string): boolean {
  return tags.some((tag) => tag === wanted || keyOf(tag) === wanted);
}

function keyOf(tag: string): string {
  return tag.split('=')[0] as string;
}
