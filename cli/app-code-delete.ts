import { Argument } from 'commander';
import { appCodeId } from '../core/apic/app-credentials.ts';
import { command } from './command.ts';

/** The id, or its beginning; a code is longer. */
const ID = /^[0-9a-f]{1,16}$/i;

export const appCodeDelete = command({
  path: 'app app-code delete',
  summary: 'take an AppCode from an app; calls with it are refused at once',
  arguments: [
    new Argument('<app>', 'the app, by name'),
    new Argument('<code>', 'the code, or its id as "app app-code list" shows it'),
  ],
  examples: [['causeway app app-code delete ParkingOwner 3fa1c90b77d2e645', 'the code with this id']],
  platform: true,
  async run({ args, output, platform }) {
    const [name, code] = args as [string, string];
    const { client } = await platform();
    const { id } = await client.deleteAppCode(name, ID.test(code) ? code : appCodeId(code));

    output.result({ app: name, id }, () => `The AppCode ${id} of ${name} is deleted.`);
    return undefined;
  },
});
