import { ADVANCE_SQL, POSITION_SQL } from '../../core/fdi/position.ts';
import * as real from '../../core/fdi/shard-writer.ts';

export { PositionMissing } from '../../core/fdi/shard-writer.ts';

/** The mistake: the position is moved, and committed, before the rows are written. */
export const shardWriter: typeof real.shardWriter = (database, memory, batch) =>
  real.shardWriter(
    {
      ...database,
      execute: (sql, parameters, { transactionId, ...more } = {}) =>
        database.execute(sql, parameters, {
          ...more,
          ...(transactionId !== undefined && sql !== ADVANCE_SQL && sql !== POSITION_SQL && { transactionId }),
        }),
    },
    Object.assign(memory, { withoutFunction: 'a transaction is what the mistake is in' }),
    batch,
  );
