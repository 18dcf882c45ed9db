import { Argument } from 'commander';
import { command } from './command.ts';
import { eachDevice } from './devices/each-device.ts';

export const gatewayTopologyRemove = command({
  path: 'gateway topology remove',
  summary: 'delete devices that stand behind a gateway; it is told on topo/delete',
  details: 'What they have reported stays.',
  arguments: [
    new Argument('<device-product>', "the devices' product, by name"),
    new Argument('<devices...>', 'physical ids, one or several'),
  ],
  examples: [['causeway gateway topology remove Meter M-17', 'whatever its gateway']],
  platform: true,
  async run({ args, output, platform }) {
    const [product, devices] = args as [string, readonly string[]];
    const { client } = await platform();

    return eachDevice(
      output,
      { product, devices },
      (device) => client.deleteDevice(product, device),
      (_, device) => `${device} is deleted.`,
    );
  },
});
