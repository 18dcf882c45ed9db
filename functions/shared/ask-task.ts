import { Refusal } from '../../core/errors.ts';
import type { TaskEntry } from '../../core/fdi/task-entry.ts';
import type { ConsumerReply } from './present-plan.ts';

/** Where tasks are found. */
export interface FindTask {
  readonly find: (task: string) => Promise<TaskEntry | undefined>;
}

/** @throws Refusal CAUSEWAY.0404 */
export async function existingTask({ find }: FindTask, name: string): Promise<TaskEntry> {
  const task = await find(name);
  if (task === undefined) {
    throw new Refusal('CAUSEWAY.0404', { message: `There is no task ${JSON.stringify(name)}.` });
  }

  return task;
}

/** @throws Refusal that the task's function answered */
export function answerOf<Answer>(reply: ConsumerReply<Answer>): Answer {
  if ('refusal' in reply) {
    throw new Refusal(reply.refusal.code, { message: reply.refusal.message });
  }

  return reply.answer;
}
