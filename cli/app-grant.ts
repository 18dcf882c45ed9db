import { Argument, Option } from 'commander';
import { apiName } from './api-name.ts';
import { command } from './command.ts';

interface Options {
  readonly stage: string;
}

export const appGrant = command<Options>({
  path: 'app grant',
  summary: 'let an app call an API of another app, at once',
  details: 'No deployment takes the grant back; "app revoke" does.',
  arguments: [new Argument('<app>', 'the app, by name'), new Argument('<api>', 'the API: <group>/<api>')],
  options: [new Option('--stage <name>', 'the stage the API is published in').default('RELEASE')],
  examples: [['causeway app grant CityMap Parking/FreeSpaces', 'its next call is let through']],
  platform: true,
  async run({ args, options, output, platform }) {
    const [name, api] = args as [string, string];
    const wanted = { ...apiName(api), stage: options.stage };
    const { client } = await platform();
    const grant = await client.grant(name, wanted);

    output.result(grant, () => `The app ${name} may call ${api} in ${options.stage}.`);
    if (grant.by.includes('stack')) {
      output.message('A stack grants it as well: this grant stays when the stack takes its own back.');
    }
    return undefined;
  },
});
