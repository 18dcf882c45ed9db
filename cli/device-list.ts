import { Option } from 'commander';
import { command } from './command.ts';
import { foundDevices } from './devices/found-devices.ts';
import { deviceQuery, type QueryOptions, queryOptions } from './devices/query-options.ts';
import type { Device } from './management/devices.ts';
import { wholeNumber } from './settings.ts';

interface Options extends QueryOptions {
  readonly limit?: number;
  readonly next?: string;
}

export const deviceList = command<Options>({
  path: 'device list',
  summary: 'list registered devices, or those that fit',
  details: 'By product, and in it by physical id. With --limit, what is left is told, and --next goes on there.',
  options: [
    ...queryOptions(),
    new Option('--limit <n>', 'the most devices; all unless given').argParser(wholeNumber({ min: 1, max: 1_000_000 })),
    new Option('--next <place>', 'go on where a list with --limit ended'),
  ],
  examples: [
    ['causeway device list', 'every device of the platform'],
    ['causeway device list --product ParkingSensor --tag floor=2', 'the sensors of one floor'],
    ['causeway device list --presence offline', 'those that were connected and are not'],
  ],
  platform: true,
  async run({ options, output, platform }) {
    const { client } = await platform();
    const query = deviceQuery(options);
    const devices: Device[] = [];
    let next: string | undefined;
    for await (const page of foundDevices(client, query, { limit: options.limit, from: options.next })) {
      devices.push(...page.items);
      next = page.next;
    }

    output.list(
      devices,
      {
        product: (device) => device.product,
        device: (device) => device.device,
        'client id': (device) => device.clientId,
        enabled: (device) => (device.enabled ? 'yes' : 'no'),
        presence: (device) => device.presence.state,
        since: (device) => device.presence.since,
        name: (device) => device.name,
        tags: (device) => device.tags,
        registered: (device) => device.registeredAt,
      },
      Object.keys(query).some((criterion) => criterion !== 'product')
        ? 'No device fits.'
        : 'No devices. Register one with "causeway device register <product> <device>".',
    );
    if (next !== undefined) {
      output.message(`There may be more: --next ${next}`);
    }
    return undefined;
  },
});
