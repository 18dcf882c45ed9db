import { Argument } from 'commander';
import { command } from './command.ts';

export const appDelete = command({
  path: 'app delete',
  summary: 'delete an app that was made at run time, with its credentials and grants',
  details: 'Its calls are refused from then on. An app that a stack declares is removed from the stack instead.',
  arguments: [new Argument('<app>', 'the app, by name')],
  examples: [['causeway app delete CityMap', 'its key, secret, codes and grants are gone']],
  platform: true,
  async run({ args, output, platform }) {
    const [name] = args as [string];
    const { client } = await platform();

    output.result(await client.deleteApp(name), () => `The app ${name} is deleted.`);
    return undefined;
  },
});
