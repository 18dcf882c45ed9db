import { Argument, Option } from 'commander';
import type { TopicPermission } from '../core/mqs/topic-permission.ts';
import { command } from './command.ts';
import { oneOf } from './settings.ts';

interface Options {
  readonly permission: TopicPermission;
}

export const topicGrant = command<Options>({
  path: 'topic grant',
  summary: 'let an app publish to a topic of another app, or read it, at once',
  details:
    'It adds to what the app may do with the topic already. No deployment takes the grant back; "topic revoke" does.',
  arguments: [new Argument('<topic>', 'the topic, by name'), new Argument('<app>', 'the app, by name')],
  options: [
    new Option('--permission <what>', 'publish, subscribe or publish+subscribe')
      .argParser(oneOf('publish', 'subscribe', 'publish+subscribe'))
      .default('publish+subscribe'),
  ],
  examples: [
    ['causeway topic grant ParkingEvents CityMap --permission subscribe', 'its next query is answered'],
    ['causeway topic grant ParkingEvents CityMap', 'it may publish as well'],
  ],
  platform: true,
  async run({ args, options, output, platform }) {
    const [topic, app] = args as [string, string];
    const { client } = await platform();
    const grant = await client.grantTopic(topic, app, options.permission);

    output.result(grant, () => `The app ${app} may now ${grant.permission} on ${topic}.`);
    if (grant.stack !== null) {
      output.message(`A stack grants it ${grant.stack}: this grant stays when the stack takes its own back.`);
    }
    return undefined;
  },
});
