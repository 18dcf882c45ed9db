import * as real from '../../core/fdi/shard-writer.ts';

export { PositionMissing } from '../../core/fdi/shard-writer.ts';

/** The mistake: rows are written without asking what is written already. */
export const shardWriter: typeof real.shardWriter = (database, memory, batch) => {
  const writer = real.shardWriter(database, memory, batch);

  return {
    ...writer,
    write: (plan, part) => writer.write({ ...plan, task: { ...plan.task, delivery: 'at-least-once' } }, part),
  };
};
