import { type Calls, path } from './calls.ts';

/** How far a task is in a partition of its topic. */
export interface PartitionProgress {
  readonly partition: string;
  /** Messages it has not written or quarantined. */
  readonly backlog: number;
  /** There are more. */
  readonly more: boolean;
  /** How long ago the oldest of them arrived, in milliseconds; null when there is none. */
  readonly oldestMs: number | null;
  /** Messages a second. */
  readonly rate: number;
  readonly sequenceNumber: string;
}

export interface Consumer extends Omit<PartitionProgress, 'partition' | 'sequenceNumber'> {
  readonly task: string;
  readonly state: 'started' | 'stopped';
  readonly epoch: number;
  readonly partitions: readonly PartitionProgress[];
}

export interface MessageCount {
  readonly messages: number;
  /** There are more. */
  readonly more: boolean;
}

/** What a reset does to the messages of a topic. */
export interface ResetPlan {
  readonly task: string;
  readonly to: string;
  readonly epoch: number;
  readonly state: 'started' | 'stopped';
  /** Written again; null where it is not counted. */
  readonly again: MessageCount | null;
  /** Left out. */
  readonly skipped: MessageCount | null;
  readonly done: boolean;
}

export interface ConsumerOperations {
  /** Takes some seconds: rates are what is written meanwhile. */
  consumers(topic: string): Promise<{ readonly topic: string; readonly items: readonly Consumer[] }>;
  /** @param preview says what it would do, and does nothing */
  resetTask(task: string, to: string, preview: boolean): Promise<ResetPlan>;
}

export function consumerOperations({ ask, send }: Calls): ConsumerOperations {
  return {
    consumers: (topic) =>
      ask(path`/topics/${topic}/consumers`) as Promise<{ topic: string; items: readonly Consumer[] }>,
    resetTask: (task, to, preview) => send('POST', path`/tasks/${task}/reset`, { to, preview }) as Promise<ResetPlan>,
  };
}
