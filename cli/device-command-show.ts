import { Argument } from 'commander';
import { command } from './command.ts';
import { commandText } from './screen/command-text.ts';

export const deviceCommandShow = command({
  path: 'device command show',
  summary: 'show a command: its parameters, how it stands, what the device answered',
  arguments: [
    new Argument('<product>', 'the product, by name'),
    new Argument('<device>', 'physical id of the device'),
    new Argument('<command>', 'the number that "device command send" and "list" show'),
  ],
  examples: [['causeway device command show ParkingGate G-IN 1795514400', 'what became of it']],
  platform: true,
  async run({ args, output, platform }) {
    const [product, device, id] = args as [string, string, string];
    const { client } = await platform();
    const found = await client.deviceCommand(product, device, id);

    output.result(found, () => commandText(output, found));
    return undefined;
  },
});
