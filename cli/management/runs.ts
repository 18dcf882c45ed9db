import { type Calls, path, type Query } from './calls.ts';

/** A run of a scheduled task. Times are ISO 8601, UTC. */
export interface TaskRun {
  readonly id: string;
  readonly task: string;
  readonly state: 'running' | 'succeeded' | 'failed' | 'cancelled' | 'waiting' | 'skipped';
  readonly cause: 'schedule' | 'once' | 'after' | 'waited';
  readonly due: string;
  readonly startedAt: string;
  readonly endedAt: string | null;
  /** Invocations that worked on it. */
  readonly attempts: number;
  readonly read: number;
  readonly written: number;
  readonly unchanged: number;
  readonly rejected: number;
  readonly bytes: number;
  readonly readMs: number;
  readonly writeMs: number;
  readonly error: string | null;
}

/** What would become of records of a scheduled task. */
export interface TriedRecords {
  readonly task: string;
  readonly target: string;
  readonly mappingVersion: string;
  readonly records: readonly ({ readonly position: string; readonly record: unknown } & (
    | { readonly outcome: 'written'; readonly written: Readonly<Record<string, unknown>> }
    | { readonly outcome: 'quarantined'; readonly code: string; readonly reason: string }
  ))[];
}

export interface RunOperations {
  /** @param sample `records`, or `rows`: so many of the source's first */
  tryRecords(task: string, sample: object): Promise<TriedRecords>;
  /** Has a scheduled task run now, started or stopped. Answers when that is taken, not when it is done. */
  runTask(task: string, how?: { readonly force?: boolean }): Promise<unknown>;
  /** @param query `limit`, `next` */
  runs(task: string, query: Query): Promise<{ readonly items: readonly TaskRun[]; readonly next?: string }>;
}

export function runOperations({ ask, send }: Calls): RunOperations {
  return {
    tryRecords: (task, sample) => send('POST', path`/tasks/${task}/dry-runs`, sample) as Promise<TriedRecords>,
    runTask: (task, how = {}) => send('POST', path`/tasks/${task}/run`, how),
    runs: (task, query) => ask(path`/tasks/${task}/runs`, query) as ReturnType<RunOperations['runs']>,
  };
}
