import { Refusal } from '../errors.ts';
import type { DeviceRecord } from './device.ts';
import { type DeviceState, hasTag, stateOf, stateTerm, tagTerm } from './device-terms.ts';
import { type DeviceView, deviceView } from './show-device.ts';

export interface Page<T> {
  readonly items: readonly T[];
  /** Opaque; present when there is more. */
  readonly next?: string;
}

/** Which devices; what is left out does not matter. */
export interface DeviceCriteria {
  /** All of them: a tag, or the key of tags `key=value`. */
  readonly tags?: readonly string[];
  readonly state?: DeviceState;
  /** Somewhere in the physical id, the name, the description or a tag, in capitals or not. */
  readonly text?: string;
}

interface PageRequest {
  readonly limit: number;
  readonly next?: string;
}

export interface SearchDevicesPorts {
  /** Ids of the products to look at, in a fixed order. */
  readonly productIds: readonly string[];
  /** One page of a product's devices, in order of their physical ids. */
  readonly devicesOf: (productId: string, page: PageRequest) => Promise<Page<DeviceRecord>>;
  /** One page of the devices that the index has under a term, in order of their physical ids; those that are gone are left out. */
  readonly devicesUnder: (term: string, page: PageRequest) => Promise<Page<DeviceRecord>>;
}

/** Where the next page begins: a product, and the place in its devices. */
interface Position {
  readonly productId: string;
  readonly next?: string;
}

/** Pages of the index that one call reads: a search for a rare text ends with a `next` and not with a time-out. */
const READS = 20;

/**
 * One page of the devices that fit, product by product. Tags and states are looked up; a text is looked for in what the other criteria leave, or in
 * all devices. A page may be shorter than `limit`, even empty, although more follow.
 */
export async function searchDevices(
  ports: SearchDevicesPorts,
  criteria: DeviceCriteria,
  { limit, next }: PageRequest,
): Promise<Page<DeviceView>> {
  const { productIds } = ports;
  let position: Position | undefined = next === undefined ? productAt(productIds, 0) : decode(next);
  const items: DeviceView[] = [];
  for (let reads = 0; position !== undefined && items.length < limit && reads < READS; reads += 1) {
    const at = productIds.indexOf(position.productId);
    if (at < 0) {
      return { items };
    }
    const { productId, next: place } = position;
    const page = await read(ports, criteria, productId, {
      limit: limit - items.length,
      ...(place === undefined ? {} : { next: place }),
    });
    items.push(...page.items.filter((device) => fits(device, criteria)).map(deviceView));
    position = page.next === undefined ? productAt(productIds, at + 1) : { productId, next: page.next };
  }

  return position === undefined ? { items } : { items, next: encode(position) };
}

function read(
  { devicesOf, devicesUnder }: SearchDevicesPorts,
  { tags = [], state }: DeviceCriteria,
  productId: string,
  page: PageRequest,
): Promise<Page<DeviceRecord>> {
  const [tag] = tags;
  if (tag !== undefined) {
    return devicesUnder(tagTerm(productId, tag), page);
  }

  return state === undefined ? devicesOf(productId, page) : devicesUnder(stateTerm(productId, state), page);
}

/** The index is a moment behind, and may have an entry too many: the device itself counts. */
function fits(device: DeviceRecord, { tags = [], state, text }: DeviceCriteria): boolean {
  const { deviceId, name, description, clientId } = device;
  const wanted = text?.toLowerCase();

  return (
    tags.every((tag) => hasTag(device.tags, tag)) &&
    (state === undefined || stateOf(device) === state) &&
    (wanted === undefined ||
      // The client id is what logs call a device.
      [deviceId, name, description, clientId, ...device.tags].some((words) => words.toLowerCase().includes(wanted)))
  );
}

function productAt(productIds: readonly string[], index: number): Position | undefined {
  const productId = productIds[index];

  return productId === undefined ? undefined : { productId };
}

function encode(position: Position): string {
  return Buffer.from(JSON.stringify(position)).toString('base64url');
}

function decode(next: string): Position {
  try {
    const { productId, next: place } = JSON.parse(Buffer.from(next, 'base64url').toString('utf8'));

    return { productId: String(productId), ...(place === undefined ? {} : { next: String(place) }) };
  } catch (cause) {
    throw new Refusal('CAUSEWAY.0400', {
      message: `next: received ${JSON.stringify(next)}; allowed: the "next" of the page before`,
      cause,
    });
  }
}
