import type { TaskDatabase } from './shard-writer.ts';
import { textParameter } from './statement.ts';
import type { TaskEntry } from './task-entry.ts';

/** What of a task's batches was undone, in the platform's database. The ledger goes on counting it as written, since it was. */
export interface UndoneReport {
  readonly batches: number;
  /** Deleted, or as they were before. */
  readonly rows: number;
}

/** By the names of tasks whose batches can be undone; of those that nothing was undone of, nothing. */
export async function undoneReports(
  database: Pick<TaskDatabase, 'execute'>,
  tasks: readonly Pick<TaskEntry, 'name' | 'rollback'>[],
): Promise<ReadonlyMap<string, UndoneReport>> {
  const names = tasks
    .filter(({ rollback }) => rollback === true)
    .map(({ name }, at) => textParameter(`task${at}`, name));
  if (names.length === 0) {
    return new Map();
  }
  const { rows } = await database.execute(
    `SELECT Task AS task, COUNT(*) AS batches, CAST(SUM(Restored + Deleted) AS SIGNED) AS undone FROM causeway.rollback_log
WHERE Task IN (${names.map(({ name }) => `:${name}`).join(', ')}) GROUP BY Task`,
    names,
    { json: true },
  );

  return new Map(
    rows.map((row) => [String(row['task']), { batches: Number(row['batches']), rows: Number(row['undone']) }]),
  );
}
