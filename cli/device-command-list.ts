import { Argument, Option } from 'commander';
import { command } from './command.ts';
import type { DeviceCommand } from './management/commands.ts';
import { wholeNumber } from './settings.ts';

interface Options {
  readonly limit: number;
}

const PAGE = 200;

export const deviceCommandList = command<Options>({
  path: 'device command list',
  summary: 'list the commands of a device and what became of them, the newest first',
  details: 'Commands are kept for a week after their end.',
  arguments: [new Argument('<product>', 'the product, by name'), new Argument('<device>', 'physical id of the device')],
  options: [
    new Option('--limit <number>', 'at most so many').argParser(wholeNumber({ min: 1, max: 10_000 })).default(50),
  ],
  examples: [['causeway device command list ParkingGate G-IN', 'the last fifty']],
  platform: true,
  async run({ args, options, output, platform }) {
    const [product, device] = args as [string, string];
    const { client } = await platform();
    const found: DeviceCommand[] = [];
    let next: string | undefined;
    do {
      const page = await client.commandPage(product, device, Math.min(PAGE, options.limit - found.length), next);
      found.push(...page.items);
      next = page.next;
    } while (next !== undefined && found.length < options.limit);

    output.list(
      found,
      {
        command: ({ id }) => id,
        what: ({ service, command: name }) => `${service}.${name}`,
        mode: ({ mode }) => mode,
        status: ({ status }) => status,
        made: ({ createdAt }) => createdAt,
        sent: ({ sentAt }) => sentAt,
        answered: ({ answeredAt }) => answeredAt,
      },
      'No commands. Send one with "causeway device command send".',
    );
    return undefined;
  },
});
