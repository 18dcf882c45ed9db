import { boolean, exactOptional, int, strictObject, string } from 'zod/mini';
import { Refusal } from '../../core/errors.ts';
import { askFunction } from '../shared/ask-function.ts';
import { answerOf, existingTask, type FindTask } from '../shared/ask-task.ts';
import { logger } from '../shared/logger.ts';
import { type ManagementHandler, managementHandler, ok, route } from '../shared/management-chain.ts';
import type { RollbackQuestion, RollbackReply } from '../shared/rollback-consumer.ts';
import { taskEntries } from '../shared/task-entries.ts';

export interface RollbackBatchPorts extends FindTask {
  /** Asks the task's own function, which has the right to its tables. */
  readonly ask: (functionArn: string, question: RollbackQuestion) => Promise<RollbackReply>;
}

/** Management API: undoes a batch of a task. */
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
        const { name, functionArn, rollback } = await existingTask(ports, path['task'] ?? '');
        if (functionArn === undefined || rollback !== true) {
          throw new Refusal('CAUSEWAY.0412', {
            message: `Batches of ${name} cannot be undone: nothing tells its batches apart. Give its target a batchNumberColumn, and rollback: Duration.days(7), say, where it changes rows.`,
          });
        }
        const answer = answerOf(await ports.ask(functionArn, { rollback: { ...body, by: caller } }));
        const { restored, deleted, handedOn, left } = answer;
        const counts = { restored, deleted, handedOn, left };
        logger.warn('batch undone', { task: name, ...body, ...counts, caller, requestId });

        return ok(answer);
      },
    }),
  ]);
}
