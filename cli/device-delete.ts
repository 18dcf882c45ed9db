import { Argument, Option } from 'commander';
import { command } from './command.ts';
import { eachDevice } from './devices/each-device.ts';
import { EXIT, UsageError } from './errors.ts';

interface Options {
  readonly yes?: boolean;
}

export const deviceDelete = command<Options>({
  path: 'device delete',
  summary: 'delete devices that were registered at run time; connected ones are cut off',
  details:
    'What they have sent stays. Asks first; a script says --yes. A device that a stack declares is removed from the stack instead. ' +
    'A deletion that failed on the way is completed by the next.',
  arguments: [
    new Argument('<product>', 'the product, by name'),
    new Argument('<devices...>', 'physical ids, one or several'),
  ],
  options: [new Option('--yes', 'do not ask')],
  examples: [
    ['causeway device delete ParkingSensor S-101', 'asks, then removes its log-in and its thing'],
    ['causeway device delete ParkingSensor S-101 S-102 --yes --json', 'for a script'],
  ],
  platform: true,
  async run({ args, options, output, context, platform }) {
    const [product, devices] = args as [string, readonly string[]];
    if (options.yes !== true) {
      const answer = await context.ask(`Delete ${devices.join(', ')} of ${product} for good? [y/N] `);
      if (answer === undefined) {
        throw new UsageError('Nobody can be asked here: say --yes to delete.');
      }
      if (!/^y(es)?$/i.test(answer.trim())) {
        output.message('Nothing was deleted.');
        return EXIT.failed;
      }
    }
    const { client } = await platform();

    return eachDevice(
      output,
      { product, devices },
      (device) => client.deleteDevice(product, device),
      (_, device) => `${device} is deleted.`,
    );
  },
});
