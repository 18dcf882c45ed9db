import { Argument } from 'commander';
import { command } from './command.ts';

export const topicGrants = command({
  path: 'topic grants',
  summary: 'list what apps may do with a topic',
  details: 'The app that owns the topic needs no grant.',
  arguments: [new Argument('<topic>', 'the topic, by name')],
  examples: [['causeway topic grants ParkingEvents', 'the apps and who let them']],
  platform: true,
  async run({ args, output, platform }) {
    const [topic] = args as [string];
    const { client } = await platform();
    const { owner, permission, items } = await client.topicGrants(topic);

    output.list(
      items,
      {
        app: ({ app }) => app,
        may: ({ permission: may }) => may ?? 'nothing',
        'by a stack': ({ stack }) => stack ?? '-',
        'at run time': ({ runTime }) => runTime ?? '-',
      },
      'No app but the owner may use it.',
    );
    output.message(`${topic} belongs to ${owner}. The most any app may: ${permission}.`);

    return undefined;
  },
});
