import type { Device, DeviceQuery, DeviceSearchOperations } from '../management/devices.ts';

/** The most a page may hold. */
const PAGE = 200;

export interface FoundPage {
  readonly items: readonly Device[];
  /** Where to go on; absent at the end. */
  readonly next?: string;
}

/** Page after page of the devices that fit, until there are `limit` of them or no more. */
export async function* foundDevices(
  client: DeviceSearchOperations,
  query: DeviceQuery,
  {
    limit = Number.POSITIVE_INFINITY,
    from,
  }: { readonly limit?: number | undefined; readonly from?: string | undefined },
): AsyncGenerator<FoundPage> {
  let next = from;
  for (let left = limit; left > 0; ) {
    const page = await client.devicePage(query, Math.min(left, PAGE), next);
    left -= page.items.length;
    next = page.next;
    yield page;
    if (next === undefined) {
      return;
    }
  }
}
