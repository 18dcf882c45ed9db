import { Argument, Option } from 'commander';
import { command } from './command.ts';

interface Options {
  readonly code?: string;
}

export const appCodeCreate = command<Options>({
  path: 'app app-code create',
  summary: 'give an app one more AppCode, up to 5',
  details:
    'Generated, unless --code brings one along: 32 to 180 letters, digits and + _ ! @ # $ % / =, the first of them a letter, + or /.',
  arguments: [new Argument('<app>', 'the app, by name')],
  options: [new Option('--code <text>', 'this code, such as one that callers use already')],
  examples: [['causeway app app-code create ParkingOwner', 'a second code, to change over without a gap']],
  platform: true,
  async run({ args, options, output, platform }) {
    const [name] = args as [string];
    const { client } = await platform();
    const made = await client.createAppCode(name, options.code);

    output.result(made, () =>
      output.pairs([
        ['app', name],
        ['app code', made.code],
        ['id', made.id],
      ]),
    );
    return undefined;
  },
});
