import type { RollbackPorts } from './rollback-batch.ts';
import type { RunRow } from './run-session.ts';

/** Which of a task's batches are listed. */
export interface BatchesRequest {
  /** Written from then on; ISO 8601, UTC. */
  readonly since: string;
  readonly limit: number;
}

/** A batch of a task, as somebody looks for the one to undo. Times are ISO 8601, UTC. */
export interface BatchEntry {
  readonly batch: string;
  /** When it was written; null where no column says so. */
  readonly at: string | null;
  /** Rows that would be undone. */
  readonly rows: number;
  /** Of these, rows that the batch added. */
  readonly added: number;
  /** Rows of it that have been undone. */
  readonly undone: number;
  /** Until when it can be undone; null for ever, and of one of which nothing is left. */
  readonly until: string | null;
  readonly isUndoable: boolean;
}

export type BatchesPorts = Pick<RollbackPorts, 'task' | 'tables' | 'dialect' | 'open'> & {
  readonly target: RollbackPorts['target'] & { readonly eventTimeColumn?: string };
};

/** The gateway's caller waits no longer. */
export const STATEMENT_MS = 20_000;

export function entryOf(row: RunRow): Pick<BatchEntry, 'batch' | 'rows' | 'undone'> {
  return { batch: String(row['batch']), rows: Number(row['n']), undone: 0 };
}
