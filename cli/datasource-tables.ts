import { Argument } from 'commander';
import { command } from './command.ts';

export const datasourceTables = command({
  path: 'datasource tables',
  summary: 'list the tables of a data source',
  details: "Tables and views that the source's user sees: of its database, or of the schema it works in.",
  arguments: [new Argument('<source>', 'the data source, by name')],
  examples: [
    ['causeway datasource tables database', "of the platform's own database"],
    ['causeway datasource tables Orders.source', 'of what the task Orders reads'],
  ],
  platform: true,
  async run({ args, output, platform }) {
    const [source] = args as [string];
    const { client } = await platform();

    output.list(
      await client.tables(source),
      { table: ({ name }) => name, kind: ({ kind }) => kind },
      `${source} has no tables that its user sees.`,
    );
    return undefined;
  },
});
