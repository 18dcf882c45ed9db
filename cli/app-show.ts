import { Argument, Option } from 'commander';
import { command } from './command.ts';
import { ManagementRefused } from './errors.ts';
import type { AppGrant } from './management/apps.ts';

/** Credentials are for operators: see the policies of the management API. */
const FORBIDDEN = 403;

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
    const app = await client.app(name);
    const secrets = await client.appSecrets(name).catch((error: unknown) => {
      // Who may only look sees how many codes there are; who asks for the secret is told why not.
      if (error instanceof ManagementRefused && error.status === FORBIDDEN && options.secret !== true) return undefined;
      throw error;
    });
    const { appCodes } = secrets ?? app;
    const secret = options.secret === true ? secrets?.secret : undefined;

    output.result({ ...app, appCodes, ...(secret === undefined ? {} : { secret }) }, () =>
      output.pairs([
        ['app', app.app],
        ['key', app.key],
        ['secret', secret ?? '(shown with --secret)'],
        ['app codes', appCodes],
        ['made by', app.origin === 'stack' ? 'a stack' : 'an operator, at run time'],
        ['grants', app.grants.map(grantText)],
        ['topics', (app.topics ?? []).map(({ topic, permission }) => `${topic}: ${permission}`)],
      ]),
    );
    return undefined;
  },
});

function grantText({ group, api, stage, by }: AppGrant): string {
  return `${group}/${api} in ${stage}${by.includes('run-time') ? ' (given at run time)' : ''}`;
}
