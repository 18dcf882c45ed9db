import { Argument, Option } from 'commander';
import type { TopicPermission } from '../core/mqs/topic-permission.ts';
import { command } from './command.ts';
import { oneOf } from './settings.ts';

interface Options {
  readonly permission: TopicPermission;
}

export const topicRevoke = command<Options>({
  path: 'topic revoke',
  summary: 'take a grant on a topic back that was given at run time, at once',
  details: 'What a stack grants is taken back by the stack: remove its grantTo and deploy.',
  arguments: [new Argument('<topic>', 'the topic, by name'), new Argument('<app>', 'the app, by name')],
  options: [
    new Option('--permission <what>', 'publish, subscribe or publish+subscribe: what is taken')
      .argParser(oneOf('publish', 'subscribe', 'publish+subscribe'))
      .default('publish+subscribe'),
  ],
  examples: [['causeway topic revoke ParkingEvents CityMap --permission publish', 'its next message is refused']],
  platform: true,
  async run({ args, options, output, platform }) {
    const [topic, app] = args as [string, string];
    const { client } = await platform();
    const grant = await client.revokeTopic(topic, app, options.permission);

    output.result(grant, () =>
      grant.permission === null
        ? `The app ${app} may do nothing with ${topic} any more.`
        : `The app ${app} may still ${grant.permission} on ${topic}${grant.runTime === null ? ': a stack grants it' : ''}.`,
    );
    return undefined;
  },
});
