import type { Claim } from './claim.ts';
import type { Load } from './load.ts';
import type { TaskPlan } from './plan.ts';
import { QUARANTINE_SQL } from './quarantine.ts';
import type { TaskDatabase } from './shard-writer.ts';
import { longParameter, type Parameter, textParameter } from './statement.ts';

/** What writes rows and quarantine as statements of their own. */
export interface PartInserter {
  /** The parameters of a statement's rows that every batch has. */
  constants(plan: TaskPlan): readonly Parameter[];
  insert(plan: TaskPlan, load: Load, options: { readonly transactionId?: string }): Promise<void>;
}

/**
 * @param own task, epoch and shard
 * @param batch the batch's number, for the column that wants one
 */
export function partInserter(
  database: Pick<TaskDatabase, 'execute'>,
  own: readonly Parameter[],
  batch: string,
): PartInserter {
  function constants({ statement }: TaskPlan): readonly Parameter[] {
    return statement.usesBatchNumber ? [...statement.constants, textParameter('batch', batch)] : statement.constants;
  }

  return {
    constants,

    /** S2 and S3. */
    async insert(plan, load, options) {
      const fixed = constants(plan);
      const { transactionId = '' } = options;
      await plan.images?.ready(database);
      for (const rows of load.rows) {
        const write = () => database.execute(plan.statement.sql, [...fixed, textParameter('rows', rows)], options);
        const piece = { database, transactionId, rows, count: load.rowCount, batch };
        await (plan.images === undefined ? write() : plan.images.around(piece, write));
      }
      const mapping = textParameter('mapping', plan.mappingVersion);
      for (const rows of load.quarantine) {
        await database.execute(QUARANTINE_SQL, [...own, mapping, textParameter('rows', rows)], options);
      }
    },
  };
}

export function counts({ records, bytes, last }: Claim, busyMs: number): Parameter[] {
  return [
    longParameter('records', records),
    longParameter('bytes', bytes),
    longParameter('busy', Math.round(busyMs)),
    textParameter('last', last),
  ];
}

/** For calls that are a courtesy: the call they belong to meets the same fault and reports it. */
export async function quietly(call: Promise<unknown> | undefined): Promise<void> {
  try {
    await call;
  } catch {
    // A transaction that has ended, timed out or died with its server needs no rolling back, and no lease.
  }
}
