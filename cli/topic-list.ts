import { command } from './command.ts';

export const topicList = command({
  path: 'topic list',
  summary: 'list topics and the tasks that read them',
  examples: [['causeway topic list', 'every topic']],
  platform: true,
  async run({ output, platform }) {
    const { client } = await platform();

    output.list(
      await client.topics(),
      {
        topic: ({ topic }) => topic,
        app: ({ app }) => app,
        'read by': ({ consumers }) => consumers,
        description: ({ description }) => description,
      },
      'No topics: the integration declares none.',
    );
    return undefined;
  },
});
