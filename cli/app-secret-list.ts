import { Argument } from 'commander';
import { command } from './command.ts';

export const appSecretList = command({
  path: 'app secret list',
  summary: 'list the secrets of an app, one or two, by the ids they are removed by',
  arguments: [new Argument('<app>', 'the app, by name')],
  examples: [['causeway app secret list ParkingOwner', 'which is the old one; the secrets themselves are not shown']],
  platform: true,
  async run({ args, output, platform }) {
    const [name] = args as [string];
    const { client } = await platform();
    const { secretIds } = await client.appSecrets(name);
    const secrets = secretIds.map((id, index) => ({ id, age: ageOf(index, secretIds.length) }));

    output.list(secrets, { id: ({ id }) => id, age: ({ age }) => age }, `The app ${name} has no secret.`);
    return undefined;
  },
});

function ageOf(index: number, count: number): 'only' | 'old' | 'new' {
  if (count === 1) return 'only';

  return index === 0 ? 'old' : 'new';
}
