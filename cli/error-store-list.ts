import { Option } from 'commander';
import { command } from './command.ts';
import type { StoredError } from './management/error-store.ts';
import type { ManagementClient } from './management-client.ts';
import { bytesText, countText } from './screen/words.ts';
import { wholeNumber } from './settings.ts';

interface Options {
  readonly product?: string;
  readonly device?: string;
  readonly limit: number;
  readonly next?: string;
  readonly count?: true;
}

/** The most the platform answers at once. */
const PAGE = 1000;
const EMPTY = 'The error store is empty: every message went its way.';

export const errorStoreList = command<Options>({
  path: 'error-store list',
  summary: 'list the messages of devices that no topic took',
  details:
    'What a forwarding rule could not put into its topic (throttled, unreachable) lies in the error store, one object a message. By product, device and time.',
  options: [
    new Option('--product <name>', 'only of this product, by name or id'),
    new Option('--device <device>', 'only of this device of the product'),
    new Option('--limit <n>', 'the most messages').argParser(wholeNumber({ min: 1, max: 100_000 })).default(50),
    new Option('--next <token>', 'go on where a list ended that had more'),
    new Option('--count', 'how many there are of each product and topic, in place of the list').conflicts([
      'limit',
      'next',
    ]),
  ],
  examples: [
    ['causeway error-store list', 'the first 50'],
    ['causeway error-store list --product ParkingSensor --device S-001', 'of one sensor'],
    ['causeway error-store list --count', 'how many, by product and topic'],
  ],
  platform: true,
  async run({ options, output, platform }) {
    const { client } = await platform();
    const { product, device, limit, next: from, count } = options;
    const query = { ...(product !== undefined && { product }), ...(device !== undefined && { device }) };
    if (count === true) {
      const groups = await counted(client, query);
      output.result({ items: groups }, () =>
        groups.length === 0
          ? EMPTY
          : output.table(
              ['product', 'topic', 'messages', 'oldest', 'newest'],
              groups.map((one) => [one.product, one.destination, countText(one.messages), one.oldest, one.newest]),
            ),
      );
      return undefined;
    }
    const items: StoredError[] = [];
    let next = from;
    do {
      const page = await client.storedErrors({
        ...query,
        limit: String(Math.min(limit - items.length, PAGE)),
        ...(next !== undefined && { next }),
      });
      items.push(...page.items);
      next = page.next;
    } while (next !== undefined && items.length < limit);

    output.result({ items, ...(next !== undefined && { next }) }, () =>
      items.length === 0
        ? EMPTY
        : output.table(
            ['received', 'product', 'device', 'topic', 'size', 'key'],
            items.map((item) => [
              ...[item.at, item.product ?? item.productId, item.device, item.destination],
              ...[bytesText(item.bytes), item.key],
            ]),
          ),
    );
    if (next !== undefined) {
      output.message(`There are more: --next ${next}`);
    }
    return undefined;
  },
});

interface Group {
  readonly product: string;
  readonly destination: string | null;
  readonly messages: number;
  readonly oldest: string | null;
  readonly newest: string | null;
}

/** All pages of the store, by product and topic. */
async function counted(client: ManagementClient, query: Readonly<Record<string, string>>): Promise<Group[]> {
  const groups = new Map<string, Group>();
  let next: string | undefined;
  do {
    const page = await client.storedErrors({ ...query, limit: String(PAGE), ...(next !== undefined && { next }) });
    for (const { product: name, productId, destination, at } of page.items) {
      const product = name ?? productId;
      const key = JSON.stringify([product, destination]);
      const { messages = 0, oldest = at, newest = at } = groups.get(key) ?? {};
      groups.set(key, {
        ...{ product, destination, messages: messages + 1 },
        oldest: at !== null && (oldest === null || at < oldest) ? at : oldest,
        newest: at !== null && (newest === null || at > newest) ? at : newest,
      });
    }
    next = page.next;
  } while (next !== undefined);

  return [...groups.values()];
}
