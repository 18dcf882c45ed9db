import { command } from './command.ts';

export const appList = command({
  path: 'app list',
  summary: 'list integration apps',
  examples: [['causeway app list', 'every app with its key']],
  platform: true,
  async run({ output, platform }) {
    const { client } = await platform();

    output.list(
      await client.apps(),
      {
        app: (app) => app.app,
        key: (app) => app.key,
        'app codes': (app) => app.appCodes,
        'made by': (app) => app.origin,
      },
      'No apps: the integration declares none, and none was made with "causeway app create".',
    );
    return undefined;
  },
});
