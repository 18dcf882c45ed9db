import { Refusal } from '../errors.ts';
import type { DeviceRecord } from './device.ts';
import { type DeviceView, deviceView } from './show-device.ts';

export interface Page<T> {
  readonly items: readonly T[];
  /** Opaque; present when there is more. */
  readonly next?: string;
}

export interface ListDevicesPorts {
  /** Ids of the products to list, in a fixed order. */
  readonly productIds: readonly string[];
  /** One page of a product's devices, in order of their physical ids. */
  readonly devicesOf: (productId: string, page: { limit: number; next?: string }) => Promise<Page<DeviceRecord>>;
}

/** Where the next page begins: a product, and the place in its devices. */
interface Position {
  readonly productId: string;
  readonly next?: string;
}

/** One page of devices, product by product. A page may be shorter than `limit` although more follow. */
export async function listDevices(
  { productIds, devicesOf }: ListDevicesPorts,
  { limit, next }: { readonly limit: number; readonly next?: string },
): Promise<Page<DeviceView>> {
  const position: Partial<Position> = next === undefined ? first(productIds) : decode(next);
  const at = productIds.indexOf(position.productId ?? '');
  const productId = productIds[at];
  if (productId === undefined) {
    return { items: [] };
  }
  const page = await devicesOf(productId, { limit, ...(position.next === undefined ? {} : { next: position.next }) });
  const items = page.items.map(deviceView);
  if (page.next !== undefined) {
    return { items, next: encode({ productId, next: page.next }) };
  }
  const following = productIds[at + 1];

  return following === undefined ? { items } : { items, next: encode({ productId: following }) };
}

function first([productId]: readonly string[]): Partial<Position> {
  return productId === undefined ? {} : { productId };
}

function encode(position: Position): string {
  return Buffer.from(JSON.stringify(position)).toString('base64url');
}

function decode(next: string): Partial<Position> {
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
