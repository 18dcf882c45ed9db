import * as real from '../../core/fdi/shard-writer.ts';

export { PositionMissing } from '../../core/fdi/shard-writer.ts';

/** The mistake: rows are written without asking what is written already. */
export const shardWriter: typeof real.shardWriter = (database, memory, batch) => {
  const { write, release } = real.shardWriter(database, memory, batch);

  return {
    release,
    write: (plan, part) => write({ ...plan, task: { ...plan.task, delivery: 'at-least-once' } }, part),
  };
};
