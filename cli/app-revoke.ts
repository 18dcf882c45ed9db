import { Argument, Option } from 'commander';
import { apiName } from './api-name.ts';
import { command } from './command.ts';

interface Options {
  readonly stage: string;
}

export const appRevoke = command<Options>({
  path: 'app revoke',
  summary: 'take a grant back that was given at run time, at once',
  details: 'What a stack grants is taken back by the stack: remove its grantTo and deploy.',
  arguments: [new Argument('<app>', 'the app, by name'), new Argument('<api>', 'the API: <group>/<api>')],
  options: [new Option('--stage <name>', 'the stage the API is published in').default('RELEASE')],
  examples: [['causeway app revoke CityMap Parking/FreeSpaces', 'its next call is refused']],
  platform: true,
  async run({ args, options, output, platform }) {
    const [name, api] = args as [string, string];
    const grant = { ...apiName(api), stage: options.stage };
    const { client } = await platform();
    const { by } = await client.revoke(name, grant);

    output.result({ ...grant, by }, () =>
      by.includes('stack')
        ? `The grant given at run time is gone. A stack grants ${name} the same: it may still call ${api}.`
        : `The app ${name} may no longer call ${api} in ${options.stage}.`,
    );
    return undefined;
  },
});
