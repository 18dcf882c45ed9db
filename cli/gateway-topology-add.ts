import { Argument, Option } from 'commander';
import { command } from './command.ts';
import { text } from './settings.ts';

interface Options {
  readonly name?: string;
  readonly description?: string;
}

export const gatewayTopologyAdd = command<Options>({
  path: 'gateway topology add',
  summary: 'put a new device behind a gateway; a gateway does it by itself with topo/add',
  details:
    'Such a device has no log-in: its gateway reports for it, and gets its commands. Doing it again changes nothing.',
  arguments: [
    new Argument('<product>', "the gateway's product, by name"),
    new Argument('<gateway>', 'physical id of the gateway'),
    new Argument('<device-product>', "the device's product, by name"),
    new Argument('<device>', 'physical id of the device'),
  ],
  options: [
    new Option('--name <name>', 'for people; the physical id by default').argParser(text({ min: 2, max: 64 })),
    new Option('--description <text>', 'up to 1,000 characters').argParser(text({ min: 0, max: 1000 })),
  ],
  examples: [
    ['causeway gateway topology add FieldBox FB-1 Meter M-17', 'the id that the gateway calls it by is printed'],
  ],
  platform: true,
  async run({ args, options, output, platform }) {
    const [product, gateway, deviceProduct, device] = args as [string, string, string, string];
    const { client } = await platform();
    const added = await client.addSubDevice(product, gateway, { product: deviceProduct, device, ...options });

    output.result(added, () => `${device} is behind ${gateway}; its device id is ${added.clientId}.`);
    return undefined;
  },
});
