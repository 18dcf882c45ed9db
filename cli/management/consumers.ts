import type { ConsumerView } from '../../core/fdi/consumer-view.ts';
import type { ResetPlan } from '../../core/fdi/reset-task.ts';
import { type Calls, path } from './calls.ts';

/** What a reset does, or did, to the messages of a topic. */
export type Reset = ResetPlan & { readonly done: boolean };

export interface TopicConsumers {
  readonly topic: string;
  readonly items: readonly ConsumerView[];
}

export interface ConsumerOperations {
  /** Takes some seconds: rates are what is written meanwhile. */
  consumers(topic: string): Promise<TopicConsumers>;
  /** @param preview says what it would do, and does nothing */
  resetTask(task: string, to: string, preview: boolean): Promise<Reset>;
}

export function consumerOperations({ ask, send }: Calls): ConsumerOperations {
  return {
    consumers: (topic) => ask(path`/topics/${topic}/consumers`) as Promise<TopicConsumers>,
    resetTask: (task, to, preview) => send('POST', path`/tasks/${task}/reset`, { to, preview }) as Promise<Reset>,
  };
}
