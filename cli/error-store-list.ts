import { Option } from 'commander';
import { command } from './command.ts';
import type { StoredError } from './management/error-store.ts';
import { bytesText } from './screen/words.ts';
import { wholeNumber } from './settings.ts';

interface Options {
  readonly product?: string;
  readonly device?: string;
  readonly limit: number;
  readonly next?: string;
}

/** The most the platform answers at once. */
const PAGE = 200;

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
  ],
  examples: [
    ['causeway error-store list', 'the first 50'],
    ['causeway error-store list --product ParkingSensor --device S-001', 'of one sensor'],
  ],
  platform: true,
  async run({ options, output, platform }) {
    const { client } = await platform();
    const { product, device, limit, next: from } = options;
    const query = { ...(product !== undefined && { product }), ...(device !== undefined && { device }) };
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
        ? 'The error store is empty: every message went its way.'
        : output.table(
            ['received', 'product', 'device', 'size', 'key'],
            items.map((item) => [
              ...[item.at, item.product ?? item.productId, item.device],
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
