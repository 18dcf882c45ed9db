import { command } from './command.ts';

export const datasourceList = command({
  path: 'datasource list',
  summary: 'list data sources',
  examples: [['causeway datasource list', 'what tasks write into and APIs ask']],
  platform: true,
  async run({ output, platform }) {
    const { client } = await platform();

    output.list(
      await client.dataSources(),
      { 'data source': ({ name }) => name, kind: ({ kind }) => kind, description: ({ description }) => description },
      'No data sources.',
    );
    return undefined;
  },
});
