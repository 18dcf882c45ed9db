import { Option } from 'commander';
import { command } from './command.ts';

interface Options {
  readonly product?: string;
}

export const deviceList = command<Options>({
  path: 'device list',
  summary: 'list registered devices',
  options: [new Option('--product <name>', 'of this product only')],
  examples: [
    ['causeway device list', 'every device of the platform'],
    ['causeway device list --product ParkingSensor', 'the sensors'],
  ],
  platform: true,
  async run({ options, output, platform }) {
    const { client } = await platform();
    const devices = await client.devices(options.product);

    output.list(
      devices,
      {
        product: (device) => device.product,
        device: (device) => device.device,
        'client id': (device) => device.clientId,
        enabled: (device) => (device.enabled ? 'yes' : 'no'),
        name: (device) => device.name,
        tags: (device) => device.tags,
        registered: (device) => device.registeredAt,
      },
      'No devices. Register one with "causeway device register <product> <device>".',
    );
    return undefined;
  },
});
