import { Option } from 'commander';
import { command } from './command.ts';
import type { DevicePresence } from './management-client.ts';
import { oneOf } from './settings.ts';

interface Options {
  readonly product?: string;
  readonly presence?: DevicePresence['state'];
}

export const deviceList = command<Options>({
  path: 'device list',
  summary: 'list registered devices',
  options: [
    new Option('--product <name>', 'of this product only'),
    new Option('--presence <state>', 'only those that are online, offline, or were never connected').argParser(
      oneOf('online', 'offline', 'never'),
    ),
  ],
  examples: [
    ['causeway device list', 'every device of the platform'],
    ['causeway device list --product ParkingSensor', 'the sensors'],
    ['causeway device list --presence offline', 'those that were connected and are not'],
  ],
  platform: true,
  async run({ options, output, platform }) {
    const { client } = await platform();
    const all = await client.devices(options.product);
    const devices = all.filter(({ presence }) => options.presence === undefined || presence.state === options.presence);

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
      all.length > 0
        ? `No device is ${options.presence === 'never' ? 'without a connection so far' : options.presence}.`
        : 'No devices. Register one with "causeway device register <product> <device>".',
    );
    return undefined;
  },
});
