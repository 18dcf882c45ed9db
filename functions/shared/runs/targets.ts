import { databaseTarget } from '../../../core/fdi/run-database-target.ts';
import type { ScheduledTask } from '../../../core/fdi/run-definition.ts';
import type { OutletDestination } from '../../../core/fdi/run-destination.ts';
import { mongoTarget } from '../../../core/fdi/run-mongo-target.ts';
import { type OutgoingRow, type Outlet, outletTarget } from '../../../core/fdi/run-outlet.ts';
import type { RunTarget } from '../../../core/fdi/run-ports.ts';
import type { TaskLanguages } from '../../../core/fdi/task-languages.ts';
import { taskLanguages } from '../task-languages.ts';
import { apiOutlet } from './http-outlet.ts';
import { keyOutlet } from './key-outlet.ts';
import { platformSessions } from './platform-session.ts';
import { targetDatabase } from './run-databases.ts';
import { runMongo } from './run-mongo.ts';
import { streamOutlet } from './stream-outlet.ts';

/** What writes a task's target, of whatever kind it is. Its rows are its own: what its plan reads, it writes. */
export async function targetOf(task: ScheduledTask): Promise<RunTarget<unknown>> {
  const { target } = task;
  if (target.kind === 'mongodb') {
    return mongoTarget({ task, target, open: runMongo('TARGET') }) as RunTarget<unknown>;
  }
  if (target.kind !== 'database') {
    return overOutlet(task, await runOutlet(task, target));
  }
  const { dialect, open } = await targetDatabase(target.place, task.name);

  return databaseTarget({ task, target, dialect, open });
}

/** The same of a scheduled task, whose expressions it computes. */
export async function runOutlet(task: ScheduledTask, target: OutletDestination): Promise<Outlet<OutgoingRow>> {
  return outletTo(task, target, await taskLanguages({ source: { dataType: 'JSON' }, mapping: task.mapping }));
}

/** What sends to a target that knows no transactions. */
export function outletTo(
  task: ScheduledTask,
  target: OutletDestination,
  languages: TaskLanguages = {},
): Outlet<OutgoingRow> {
  switch (target.kind) {
    case 'topic':
      return streamOutlet(task, target) as unknown as Outlet<OutgoingRow>;
    case 'http':
      return apiOutlet(task, target, languages) as unknown as Outlet<OutgoingRow>;
    case 'redis':
      return keyOutlet(task, target) as unknown as Outlet<OutgoingRow>;
  }
}

function overOutlet(task: ScheduledTask, outlet: Outlet<OutgoingRow>): RunTarget<unknown> {
  const now = () => performance.now();

  return outletTarget({ task, outlet, open: platformSessions(task.name), now }) as RunTarget<unknown>;
}
