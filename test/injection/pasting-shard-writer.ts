import * as real from '../../core/fdi/shard-writer.ts';

export { PositionMissing } from '../../core/fdi/shard-writer.ts';

/** In place of `core/fdi/shard-writer.ts`: what is written becomes part of the statement. */
export const shardWriter: typeof real.shardWriter = (database, memory, options) =>
  real.shardWriter(
    {
      ...database,
      execute(sql, parameters = [], more) {
        const rows = parameters.find(({ name }) => name === 'rows');
        const text = (rows?.value as { readonly stringValue?: string } | undefined)?.stringValue;
        const pasted = text === undefined ? sql : sql.replaceAll(':rows', () => `'${text}'`);

        return database.execute(
          pasted,
          text === undefined ? parameters : parameters.filter((one) => one !== rows),
          more,
        );
      },
    },
    memory,
    options,
  );
