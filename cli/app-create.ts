import { Argument } from 'commander';
import { command } from './command.ts';

export const appCreate = command({
  path: 'app create',
  summary: 'make an app and print its key, secret and AppCode',
  details:
    'For callers that no stack declares. It may call nothing until it is granted an API. A later deployment leaves it alone; "app delete" removes it.',
  arguments: [new Argument('<app>', 'its name: 3 to 64 letters, digits, _ or -')],
  examples: [
    ['causeway app create CityMap', 'a new app, with generated credentials'],
    ['causeway app create CityMap --json', 'the same for a script'],
  ],
  platform: true,
  async run({ args, output, platform }) {
    const [name] = args as [string];
    const { client } = await platform();
    const made = await client.createApp(name);

    output.result(made, () =>
      output.pairs([
        ['app', made.app],
        ['key', made.key],
        ['secret', made.secret],
        ['app codes', made.appCodes],
      ]),
    );
    output.message(`Hand them over safely. Let it call an API with "causeway app grant ${made.app} GROUP/API".`);

    return undefined;
  },
});
