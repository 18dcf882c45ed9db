import { databaseTarget } from '../../../core/fdi/run-database-target.ts';
import type { ScheduledTask } from '../../../core/fdi/run-definition.ts';
import { type OutgoingRow, type Outlet, outletTarget } from '../../../core/fdi/run-outlet.ts';
import type { RunTarget } from '../../../core/fdi/run-ports.ts';
import { apiOutlet } from './http-outlet.ts';
import { platformSessions } from './platform-session.ts';
import { targetDatabase } from './run-databases.ts';
import { streamOutlet } from './stream-outlet.ts';

/** What writes a task's target, of whatever kind it is. Its rows are its own: what its plan reads, it writes. */
export async function targetOf(task: ScheduledTask): Promise<RunTarget<unknown>> {
  const { target } = task;
  if (target.kind === 'topic') {
    return overOutlet(task, streamOutlet(task, target));
  }
  if (target.kind === 'http') {
    return overOutlet(task, apiOutlet(task, target));
  }
  const { dialect, open } = await targetDatabase(target.place, task.name);

  return databaseTarget({ task, target, dialect, open });
}

function overOutlet<Row extends OutgoingRow>(task: ScheduledTask, outlet: Outlet<Row>): RunTarget<unknown> {
  const now = () => performance.now();

  return outletTarget({ task, outlet, open: platformSessions(task.name), now }) as RunTarget<unknown>;
}
