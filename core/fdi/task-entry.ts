import type { EventSourceSettings } from './event-source.ts';

/** A task as the catalogue keeps it: what its stack declared, and what provisioning and run time added. */
export interface TaskEntry {
  readonly name: string;
  readonly app: string;
  readonly topic: string;
  readonly table: string;
  readonly eventTimeColumn?: string;
  readonly writtenAtColumn?: string;
  /** How to start it; written when it was provisioned. */
  readonly settings?: EventSourceSettings;
  /** Its event source mapping; absent until it was started once. */
  readonly eventSource?: string;
  /** From where its next mapping reads, ISO 8601 or `oldest`: it was asked to start from there, and its mapping is not made yet. */
  readonly startFrom?: string;
  /** The consumer group its mapping reads in, of a Kafka task. */
  readonly group?: string;
  /** When its mapping was made, ISO 8601. */
  readonly connectedAt?: string;
  /** What was last asked for, so that a task that is stopped is told from one that is dead; absent before anybody asked. */
  readonly wanted?: 'started' | 'stopped';
  /** Its batches can be undone. */
  readonly rollback?: boolean;
  readonly delivery?: 'effectively-once' | 'at-least-once';
  /** Which reading of its topic this is, where it was reset: 2 and on. Positions and ledger are kept for each. */
  readonly epoch?: number;
  /** The last reset. */
  readonly reset?: TaskReset;
  /** Left out by tasks that work as messages come. */
  readonly mode?: 'scheduled';
  /** Of a scheduled task: what it reads, and when, in words; the function that runs it. */
  readonly source?: string;
  readonly schedule?: string;
  readonly functionArn?: string;
  /** It looks every few seconds, within calls of its function. */
  readonly follows?: boolean;
  /** When it was last stopped, ISO 8601: a run that began before ends at its next page. */
  readonly stoppedAt?: string;
  readonly tags?: readonly string[];
}

/** How a task was last made to read its topic anew. */
export interface TaskReset {
  /** ISO 8601, UTC. */
  readonly at: string;
  /** The IAM principal who asked for it. */
  readonly by: string;
  /** `earliest`, `latest` or ISO 8601. */
  readonly to: string;
  /** Messages that were written before and are written again; -1 where they were not counted. */
  readonly again: number;
  /** Messages that were not written and are left out; -1 where they were not counted. */
  readonly skipped: number;
}

/** What provisioning and run time add to a task's entry; `undefined` removes it. */
export type TaskNotes = {
  readonly [field in
    | 'settings'
    | 'epoch'
    | 'reset'
    | 'eventSource'
    | 'startFrom'
    | 'group'
    | 'connectedAt'
    | 'wanted'
    | 'stoppedAt']?: TaskEntry[field] | undefined;
};

/** Where tasks are kept. */
export interface TaskEntries {
  find(name: string): Promise<TaskEntry | undefined>;
  /** Adds these fields to a task's entry. Nothing happens when there is no such task. */
  note(name: string, fields: TaskNotes): Promise<void>;
}
