import { databaseTarget } from '../../../core/fdi/run-database-target.ts';
import type { ScheduledTask } from '../../../core/fdi/run-definition.ts';
import type { RunTarget } from '../../../core/fdi/run-ports.ts';
import { targetDatabase } from './run-databases.ts';

/** What writes a task's target, of whatever kind it is. Its rows are its own: what its plan reads, it writes. */
export async function targetOf(task: ScheduledTask): Promise<RunTarget<unknown>> {
  const { target } = task;
  const { dialect, open } = await targetDatabase(target.place, task.name);

  return databaseTarget({ task, target, dialect, open });
}
