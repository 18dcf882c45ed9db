import { Argument } from 'commander';
import { command } from './command.ts';
import { eachDevice } from './devices/each-device.ts';

export const deviceDisable = command({
  path: 'device disable',
  summary: 'keep devices out; those that are connected are cut off within seconds',
  details:
    'A device that a stack declares stays disabled through deployments, until it is enabled or its declaration changes.',
  arguments: [
    new Argument('<product>', 'the product, by name'),
    new Argument('<devices...>', 'physical ids, one or several'),
  ],
  examples: [
    ['causeway device disable ParkingSensor S-001', 'a stolen sensor: it is off, and every log-in is refused'],
    ['causeway device disable ParkingSensor S-001 S-002 --json', 'several, for a script'],
  ],
  platform: true,
  async run({ args, output, platform }) {
    const [product, devices] = args as [string, readonly string[]];
    const { client } = await platform();

    return eachDevice(
      output,
      { product, devices },
      (device) => client.changeDevice(product, device, { enabled: false }),
      (_, device) => `${device} is disabled.`,
    );
  },
});
