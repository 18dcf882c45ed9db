import { Argument } from 'commander';
import { command } from './command.ts';
import { eachDevice } from './devices/each-device.ts';

export const deviceEnable = command({
  path: 'device enable',
  summary: 'let devices log in again',
  arguments: [
    new Argument('<product>', 'the product, by name'),
    new Argument('<devices...>', 'physical ids, one or several'),
  ],
  examples: [['causeway device enable ParkingSensor S-001', 'its next log-in is accepted']],
  platform: true,
  async run({ args, output, platform }) {
    const [product, devices] = args as [string, readonly string[]];
    const { client } = await platform();

    return eachDevice(
      output,
      { product, devices },
      (device) => client.changeDevice(product, device, { enabled: true }),
      (_, device) => `${device} is enabled.`,
    );
  },
});
