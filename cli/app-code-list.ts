import { Argument } from 'commander';
import { command } from './command.ts';

export const appCodeList = command({
  path: 'app app-code list',
  summary: 'list the AppCodes of an app, with the ids they are deleted by',
  arguments: [new Argument('<app>', 'the app, by name')],
  examples: [['causeway app app-code list ParkingOwner', 'its codes: whoever has one can call as the app']],
  platform: true,
  async run({ args, output, platform }) {
    const [name] = args as [string];
    const { client } = await platform();
    const { appCodes, appCodeIds } = await client.appSecrets(name);
    const codes = appCodes.map((code, index) => ({ id: appCodeIds[index] ?? '', code }));

    output.list(
      codes,
      { id: ({ id }) => id, 'app code': ({ code }) => code },
      `The app ${name} has no AppCodes. Give it one with "causeway app app-code create ${name}".`,
    );
    return undefined;
  },
});
