import { command } from './command.ts';

export const datasourceList = command({
  path: 'datasource list',
  summary: 'list data sources',
  details:
    'Everything that tasks read (<task>.source) and write (<task>.target), and what function APIs use. `tested` is the last test with the settings it has now.',
  examples: [['causeway datasource list', 'what tasks read and write, and what APIs ask']],
  platform: true,
  async run({ output, platform }) {
    const { client } = await platform();

    output.list(
      await client.dataSources(),
      {
        'data source': ({ name }) => name,
        kind: ({ kind }) => kind,
        description: ({ description }) => description,
        tested: ({ tested }) => (tested === undefined ? '-' : `${tested.passed ? 'passed' : 'failed'} ${tested.at}`),
      },
      'No data sources.',
    );
    return undefined;
  },
});
