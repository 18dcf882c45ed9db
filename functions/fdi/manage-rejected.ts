import { exactOptional, strictObject, string } from 'zod/mini';
import { InvalidSetting, Refusal } from '../../core/errors.ts';
import { listRejected, showRejected } from '../../core/fdi/rejected-records.ts';
import type { TaskDatabase } from '../../core/fdi/shard-writer.ts';
import { database } from '../shared/database.ts';
import { unlessAway } from '../shared/database-away.ts';
import { type ManagementHandler, managementHandler, ok, pageOf, pageQuery, route } from '../shared/management-chain.ts';
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
        code: exactOptional(string()),
        device: exactOptional(string()),
        since: exactOptional(string()),
        until: exactOptional(string()),
      }),
      async handler({ path, query: { since, until, code, device, ...page } }) {
        const { database: source, isTask } = portsOf();
        const task = path['task'] ?? '';
        const filter = {
          ...(code !== undefined && { code }),
          ...(device !== undefined && { device }),
          ...(since !== undefined && { since: timeOf('since', since) }),
          ...(until !== undefined && { until: timeOf('until', until) }),
        };
        const listed = await unlessAway(listRejected(source, task, filter, pageOf(page)));
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
      async handler({ path }) {
        const id = Number(path['id']);
        if (!Number.isSafeInteger(id) || id < 1) {
          throw new InvalidSetting('id', path['id'], 'the number of a quarantined record, as the list shows it');
        }

        return ok(await unlessAway(showRejected(portsOf().database, path['task'] ?? '', id)));
      },
    }),
  ]);
}

function timeOf(name: string, text: string): Date {
  const time = new Date(text);
  if (!/^\d{4}-\d{2}-\d{2}/.test(text) || Number.isNaN(time.getTime())) {
    throw new InvalidSetting(name, text, 'a day or a time such as 2026-11-24T08:00:00Z');
  }

  return time;
}
