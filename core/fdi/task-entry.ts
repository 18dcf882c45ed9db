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
}

/** Where tasks are kept. */
export interface TaskEntries {
  find(name: string): Promise<TaskEntry | undefined>;
  /** Adds these fields to a task's entry; `undefined` removes one. Nothing happens when there is no such task. */
  note(
    name: string,
    fields: { settings?: EventSourceSettings; eventSource?: string | undefined; startFrom?: string | undefined },
  ): Promise<void>;
}
