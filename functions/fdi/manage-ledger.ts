import { Refusal } from '../../core/errors.ts';
import { type LedgerEntry, type LedgerPorts, showLedger } from '../../core/fdi/keep-ledger.ts';
import { isScheduled } from '../../core/fdi/run-control.ts';
import type { TaskEntries, TaskEntry } from '../../core/fdi/task-entry.ts';
import { database } from '../shared/database.ts';
import { eventSources } from '../shared/event-sources.ts';
import { incomingRecords } from '../shared/incoming-records.ts';
import { kafkaActivity } from '../shared/kafka-activity.ts';
import { managementHandler, ok, route } from '../shared/management-chain.ts';
import { taskEntries } from '../shared/task-entries.ts';
import { topicReader } from '../shared/topic-reader.ts';

export interface LedgerManagement {
  readonly entries: Pick<TaskEntries, 'find'>;
  readonly ledger: LedgerPorts;
}

/** Management API: the account of a task, as of the call. */
export const handler = ledgerManagement(() => ({
  entries: taskEntries(),
  ledger: {
    sources: eventSources(),
    topics: topicReader(),
    incoming: incomingRecords,
    activity: kafkaActivity,
    database: database(),
    now: Date.now,
  },
}));

/** @param management asked for when a call comes, so that what is missing fails that call only */
export function ledgerManagement(management: () => LedgerManagement) {
  return managementHandler([
    route({
      method: 'GET',
      path: '/tasks/{task}/ledger',
      async handler({ path }) {
        const { entries, ledger } = management();
        const name = path['task'] ?? '';
        const task = await entries.find(name);
        if (task === undefined) {
          throw new Refusal('CAUSEWAY.0404', { message: `There is no task ${JSON.stringify(name)}.` });
        }
        if (isScheduled(task)) {
          return ok({ task: name, ledger: null, dead: null });
        }
        const { report, dead } = await shown(ledger, task);

        return ok({ task: name, ledger: report ?? null, dead: dead ?? null });
      },
    }),
  ]);
}

/** A database that is away or resuming, or a metric that is not to be had, is no fault of the call, nor of ours. */
async function shown(ports: LedgerPorts, task: TaskEntry): Promise<LedgerEntry> {
  try {
    return await showLedger(ports, task);
  } catch (cause) {
    throw new Refusal('APIC.0202', {
      message: `The ledger of ${task.name} cannot be read now; try again in some seconds.`,
      cause,
    });
  }
}
