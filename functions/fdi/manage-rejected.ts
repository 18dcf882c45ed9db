import { strictObject } from 'zod/mini';
import { Refusal } from '../../core/errors.ts';
import { listRejected, showRejected } from '../../core/fdi/rejected-records.ts';
import type { TaskDatabase } from '../../core/fdi/shard-writer.ts';
import { database } from '../shared/database.ts';
import { unlessAway } from '../shared/database-away.ts';
import { type ManagementHandler, managementHandler, ok, pageOf, pageQuery, route } from '../shared/management-chain.ts';
import { quarantineFilter, quarantineId, quarantineTime } from '../shared/quarantine-query.ts';
import { taskEntries } from '../shared/task-entries.ts';

export interface ManageRejectedPorts {
  readonly database: Pick<TaskDatabase, 'execute'>;
  readonly isTask: (name: string) => Promise<boolean>;
}

/** Management API: what tasks could not write. */
export const handler = manageRejected(() => ({
  database: database(),
  isTask: async (name) => (await taskEntries().find(name)) !== undefined,
}));

export function manageRejected(portsOf: () => ManageRejectedPorts): ManagementHandler {
  return managementHandler([
    route({
      method: 'GET',
      path: '/tasks/{task}/rejected',
      query: strictObject({
        ...pageQuery,
        ...quarantineFilter,
      }),
      async handler({ path, query: { since, until, limit, next, ...filter } }) {
        const { database: source, isTask } = portsOf();
        const task = path['task'] ?? '';
        const [from, to] = [quarantineTime('since', since), quarantineTime('until', until)];
        const times = { ...(from !== undefined && { since: from }), ...(to !== undefined && { until: to }) };
        const page = pageOf({ ...(limit !== undefined && { limit }), ...(next !== undefined && { next }) });
        const listed = await unlessAway(listRejected(source, task, { ...filter, ...times }, page));
        // What a task left behind is still to be seen when it is gone: only a name that nothing has is wrong.
        if (listed.items.length === 0 && !(await isTask(task))) {
          throw new Refusal('CAUSEWAY.0404', { message: `There is no task ${JSON.stringify(task)}.` });
        }

        return ok(listed);
      },
    }),
    route({
      method: 'GET',
      path: '/tasks/{task}/rejected/{id}',
      handler: async ({ path }) =>
        ok(await unlessAway(showRejected(portsOf().database, path['task'] ?? '', quarantineId(path['id'])))),
    }),
  ]);
}
