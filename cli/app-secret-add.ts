import { Argument } from 'commander';
import { command } from './command.ts';

export const appSecretAdd = command({
  path: 'app secret add',
  summary: 'give an app a second secret, to change over without a gap',
  details:
    'Both secrets count at once. The new one is printed here and not again: give it to the callers, then remove the old one with "causeway app secret remove". It lies in Secrets Manager only.',
  arguments: [new Argument('<app>', 'the app, by name')],
  examples: [['causeway app secret add ParkingOwner', 'what is signed with either secret passes from now on']],
  platform: true,
  async run({ args, output, platform }) {
    const [name] = args as [string];
    const { client } = await platform();
    const { id, secret } = await client.addAppSecret(name);

    output.result({ app: name, id, secret }, () =>
      output.pairs([
        ['app', name],
        ['secret', secret],
        ['id', id],
      ]),
    );
    output.message(
      `Shown this once. When every caller signs with it: causeway app secret remove ${name} <id of the old one>`,
    );
    return undefined;
  },
});
