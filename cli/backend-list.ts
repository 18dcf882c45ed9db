import { command } from './command.ts';

export const backendList = command({
  path: 'backend list',
  summary: 'list what answers APIs, published or not',
  examples: [['causeway backend list', 'every backend of the platform']],
  platform: true,
  async run({ output, platform }) {
    const { client } = await platform();

    output.list(
      await client.backends(),
      {
        backend: ({ name }) => name,
        kind: ({ kind }) => kind,
        method: ({ method }) => method,
        path: ({ path }) => path,
        published: ({ published }) => (published ? 'yes' : 'no'),
      },
      'No backends: the integration declares no APIs.',
    );
    return undefined;
  },
});
