import { Argument } from 'commander';
import { appSecretId } from '../core/apic/app-credentials.ts';
import { command } from './command.ts';

/** The id, or its beginning; a secret is longer. */
const ID = /^[0-9a-f]{1,16}$/i;

export const appSecretRemove = command({
  path: 'app secret remove',
  summary: 'take one of its two secrets from an app; what is signed with it is refused at once',
  details: 'The last secret of an app is never removed.',
  arguments: [
    new Argument('<app>', 'the app, by name'),
    new Argument('<secret>', 'the secret, or its id as "app secret list" shows it'),
  ],
  examples: [['causeway app secret remove ParkingOwner 3fa1c90b77d2e645', 'the secret with this id']],
  platform: true,
  async run({ args, output, platform }) {
    const [name, secret] = args as [string, string];
    const { client } = await platform();
    const { id } = await client.removeAppSecret(name, ID.test(secret) ? secret : appSecretId(secret));

    output.result({ app: name, id }, () => `The secret ${id} of ${name} is removed.`);
    return undefined;
  },
});
