import * as real from '../../core/fdi/shard-writer.ts';

export { PositionMissing } from '../../core/fdi/shard-writer.ts';

/** The mistake: rows are written without asking what is written already. */
export const shardWriter: typeof real.shardWriter = (database, memory, options) => {
  const writer = real.shardWriter(database, memory, options);

  return {
    ...writer,
    begin() {
      // no transaction
    },
    write: (plan, part) => writer.write({ ...plan, task: { ...plan.task, delivery: 'at-least-once' } }, part),
  };
};
