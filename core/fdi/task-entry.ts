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
  /** From where its next mapping reads, ISO 8601: it was asked to start from there, and its mapping is not made yet. */
  readonly startFrom?: string;
  /** The consumer group its mapping reads in, of a Kafka task. */
  readonly group?: string;
  /** When its mapping was made, ISO 8601. */
  readonly connectedAt?: string;
  /** What was last asked for, so that a task that is stopped is told from one that is dead; absent before anybody asked. */
  readonly wanted?: 'started' | 'stopped';
  readonly delivery?: 'effectively-once' | 'at-least-once';
}

/** What provisioning and run time add to a task's entry; `undefined` removes it. */
export type TaskNotes = {
  readonly [field in 'settings' | 'eventSource' | 'startFrom' | 'group' | 'connectedAt' | 'wanted']?:
    | TaskEntry[field]
    | undefined;
};

/** Where tasks are kept. */
export interface TaskEntries {
  find(name: string): Promise<TaskEntry | undefined>;
  /** Adds these fields to a task's entry. Nothing happens when there is no such task. */
  note(name: string, fields: TaskNotes): Promise<void>;
}
