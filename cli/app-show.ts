import { Argument, Option } from 'commander';
import { command } from './command.ts';

interface Options {
  readonly secret?: boolean;
}

export const appShow = command<Options>({
  path: 'app show',
  summary: 'show an app: key, codes, grants; its secret only with --secret',
  arguments: [new Argument('<app>', 'the app, by name')],
  options: [new Option('--secret', 'print the secret too')],
  examples: [
    ['causeway app show ParkingOwner', 'the key and the AppCodes to call with'],
    ['causeway app show ParkingOwner --secret', 'with the secret, to sign requests with'],
  ],
  platform: true,
  async run({ args, options, output, platform }) {
    const [name] = args as [string];
    const { client } = await platform();
    const [app, { secret, appCodes }] = await Promise.all([client.app(name), client.appSecrets(name)]);
    const shown = { ...app, appCodes, ...(options.secret === true ? { secret } : {}) };

    output.result(shown, () =>
      output.pairs([
        ['app', app.app],
        ['key', app.key],
        ['secret', options.secret === true ? secret : '(shown with --secret)'],
        ['app codes', appCodes],
        ['grants', app.grants],
      ]),
    );
    return undefined;
  },
});
