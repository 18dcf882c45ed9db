import { Argument } from 'commander';
import { command } from './command.ts';

export const datasourceColumns = command({
  path: 'datasource columns',
  summary: 'list the columns of a table of a data source',
  details:
    'With the type that tasks read each as; one without is not carried (bytes: read them as text, by SQL). `key` is its place in the primary key.',
  arguments: [
    new Argument('<source>', 'the data source, by name'),
    new Argument('<table>', 'the table or view, as the database writes it'),
  ],
  examples: [['causeway datasource columns Orders.source orders', 'what there is to be mapped']],
  platform: true,
  async run({ args, output, platform }) {
    const [source, table] = args as [string, string];
    const { client } = await platform();

    output.list(
      await client.columns(source, table),
      {
        column: ({ name }) => name,
        type: ({ type }) => type,
        'read as': ({ readAs }) => readAs ?? '-',
        nullable: ({ nullable }) => (nullable ? 'yes' : 'no'),
        key: ({ key }) => (key === null ? '' : String(key)),
      },
      `${table} has no columns.`,
    );
    return undefined;
  },
});
