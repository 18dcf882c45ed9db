import { boolean, exactOptional, int, object, strictObject, string } from 'zod/mini';
import { Refusal } from '../../core/errors.ts';
import type { BatchesAnswer } from '../../core/fdi/list-batches.ts';
import type { RollbackAnswer } from '../../core/fdi/rollback-batch.ts';
import { askFunction } from '../shared/ask-function.ts';
import { answerOf, existingTask, type FindTask } from '../shared/ask-task.ts';
import { logger } from '../shared/logger.ts';
import { type ManagementHandler, managementHandler, ok, pageOf, route } from '../shared/management-chain.ts';
import type { ConsumerReply } from '../shared/present-plan.ts';
import { quarantineTime } from '../shared/quarantine-query.ts';
import type { RollbackQuestion, RollbackReply } from '../shared/rollback-consumer.ts';
import { taskEntries } from '../shared/task-entries.ts';

export interface RollbackBatchPorts extends FindTask {
  /** Asks the task's own function, which has the right to its tables. */
  readonly ask: (functionArn: string, question: RollbackQuestion) => Promise<RollbackReply>;
}

/** Batches of the last day, unless somebody says since when. */
const LISTED_MS = 24 * 3_600_000;

/** Management API: undoes batches of tasks, and lists them. */
export const handler = rollbacks(() => ({
  find: (task) => taskEntries().find(task),
  ask: (functionArn, question) => askFunction(functionArn, question) as Promise<RollbackReply>,
}));

export function rollbacks(portsOf: () => RollbackBatchPorts): ManagementHandler {
  return managementHandler([
    route({
      method: 'POST',
      path: '/tasks/{task}/rollbacks',
      body: strictObject({ batch: string(), preview: exactOptional(boolean()), after: exactOptional(int()) }),
      async handler({ path, body, caller, requestId }) {
        const ports = portsOf();
        const { name, functionArn } = await undoable(ports, path['task']);
        const reply = await ports.ask(functionArn, { rollback: { ...body, by: caller } });
        const answer = answerOf(reply as ConsumerReply<RollbackAnswer>);
        const { restored, deleted, handedOn, left } = answer;
        const counts = { restored, deleted, handedOn, left };
        logger.warn('batch undone', { task: name, ...body, ...counts, caller, requestId });

        return ok(answer);
      },
    }),
    route({
      method: 'GET',
      path: '/tasks/{task}/batches',
      query: object({ since: exactOptional(string()), limit: exactOptional(string()) }),
      async handler({ path, query: { since, limit } }) {
        const ports = portsOf();
        const { functionArn } = await undoable(ports, path['task']);
        const from = quarantineTime('since', since) ?? new Date(Date.now() - LISTED_MS);
        const page = pageOf(limit === undefined ? {} : { limit });
        const reply = await ports.ask(functionArn, { batches: { since: from.toISOString(), limit: page.limit } });

        return ok(answerOf(reply as ConsumerReply<BatchesAnswer>));
      },
    }),
  ]);
}

/** @throws Refusal CAUSEWAY.0404 without such a task, CAUSEWAY.0412 where nothing tells its batches apart */
async function undoable(ports: RollbackBatchPorts, task = ''): Promise<{ name: string; functionArn: string }> {
  const { name, functionArn, rollback } = await existingTask(ports, task);
  if (functionArn === undefined || rollback !== true) {
    throw new Refusal('CAUSEWAY.0412', {
      message: `Batches of ${name} cannot be undone: nothing tells its batches apart. Give its target a batchNumberColumn (of MongoDB a batchNumberField), and rollback: Duration.days(7), say, where it changes rows.`,
    });
  }

  return { name, functionArn };
}
