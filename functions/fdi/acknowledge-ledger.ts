import { int, strictObject, string } from 'zod/mini';
import { Refusal } from '../../core/errors.ts';
import { acknowledgeDifference } from '../../core/fdi/acknowledge-difference.ts';
import type { TaskDatabase } from '../../core/fdi/shard-writer.ts';
import type { TaskEntries } from '../../core/fdi/task-entry.ts';
import { database } from '../shared/database.ts';
import { unlessAway } from '../shared/database-away.ts';
import { logger } from '../shared/logger.ts';
import { managementHandler, ok, route } from '../shared/management-chain.ts';
import { taskEntries } from '../shared/task-entries.ts';

export interface LedgerAcknowledgements {
  readonly entries: Pick<TaskEntries, 'find'>;
  readonly database: Pick<TaskDatabase, 'execute'>;
}

const acknowledgement = strictObject({ difference: int(), reason: string() });

/** Management API: a difference of a task's account that is explained, and cannot be made good. */
export const handler = ledgerAcknowledgements(() => ({ entries: taskEntries(), database: database() }));

export function ledgerAcknowledgements(ports: () => LedgerAcknowledgements) {
  return managementHandler([
    route({
      method: 'POST',
      path: '/tasks/{task}/ledger/acknowledgements',
      body: acknowledgement,
      async handler({ path, body: { difference, reason }, caller, requestId }) {
        const { entries, database: ledger } = ports();
        const name = path['task'] ?? '';
        const task = await entries.find(name);
        if (task === undefined) {
          throw new Refusal('CAUSEWAY.0404', { message: `There is no task ${JSON.stringify(name)}.` });
        }
        await unlessAway(acknowledgeDifference(ledger, task, { difference, reason }));
        logger.warn('difference acknowledged', {
          task: task.name,
          difference,
          reason: reason.trim(),
          caller,
          requestId,
        });

        return ok({ task: task.name, difference, reason: reason.trim() });
      },
    }),
  ]);
}
