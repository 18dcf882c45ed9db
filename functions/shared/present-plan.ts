import { type ErrorCode, InvalidSetting, Refusal } from '../../core/errors.ts';
import { COLUMNS_SQL, columnsFrom } from '../../core/fdi/column.ts';
import { planTask, type TaskPlan } from '../../core/fdi/plan.ts';
import { textParameter } from '../../core/fdi/statement.ts';
import type { TaskLanguages } from '../../core/fdi/task-languages.ts';
import type { TopicTask } from '../../core/fdi/topic-task.ts';
import type { ModelCache } from '../../core/link/model-cache.ts';
import type { InvocationContext } from './batch-consumer.ts';
import { database } from './database.ts';
import { type Deadline, deadline } from './deadline.ts';
import { taskLanguages } from './task-languages.ts';

/** Models as they count now. */
export type PresentModels = Pick<ModelCache, 'of' | 'load'>;

/** What a task's consumer answers the management API. Refusals are answered, not thrown: what a function throws arrives as a fault. */
export type ConsumerReply<Answer> =
  | { readonly answer: Answer }
  | { readonly refusal: { readonly code: ErrorCode; readonly message: string } };

/** A task joined with its table as both are now. */
export interface PresentPlan {
  readonly plan: TaskPlan;
  readonly languages: TaskLanguages;
  readonly time: Deadline;
}

/** The gateway's caller waits no longer. */
export const BUDGET_MS = 25_000;
const RESERVE_MS = 2000;

/** Answers a question about the task by its present plan: the mapping is the consumer's own, the table's columns are read anew. */
export async function withPresentPlan<Answer>(
  task: TopicTask,
  models: PresentModels,
  context: InvocationContext,
  answerFrom: (present: PresentPlan) => Promise<Answer>,
): Promise<ConsumerReply<Answer>> {
  const time = deadline(database(), Math.min(BUDGET_MS, context.getRemainingTimeInMillis() - RESERVE_MS));
  try {
    const { rows } = await time.database.execute(COLUMNS_SQL, [textParameter('table', task.target.table)], {
      json: true,
    });
    const languages = await taskLanguages(task);
    const plan = planTask(task, columnsFrom(rows), models, languages);

    return { answer: await answerFrom({ plan, languages, time }) };
  } catch (error) {
    if (error instanceof InvalidSetting) {
      return { refusal: { code: 'CAUSEWAY.0412', message: `Task and table do not go together: ${error.message}` } };
    }
    return refusalOf(error);
  } finally {
    time.end();
  }
}

/** @throws what is none */
export function refusalOf(error: unknown): ConsumerReply<never> {
  if (error instanceof Refusal) {
    return { refusal: { code: error.code, message: error.message } };
  }
  throw error;
}
