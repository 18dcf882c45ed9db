import type { ScheduledTask } from '../../../core/fdi/run-definition.ts';
import { environment } from '../environment.ts';

/** With the address of its API, where that is known since the deployment only. */
export function located(task: ScheduledTask): ScheduledTask {
  const { source } = task;

  return source.kind === 'http' && source.url === ''
    ? { ...task, source: { ...source, url: environment('SOURCE_URL') } }
    : task;
}
