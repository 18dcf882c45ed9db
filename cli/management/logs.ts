import { type Calls, path } from './calls.ts';

/** A line of a log as it was written. */
export interface LoggedLine {
  /** The same whenever the line is read. */
  readonly id: string;
  /** ISO 8601, UTC: when it was taken. */
  readonly time: string;
  readonly text: string;
}

export interface LogPage {
  readonly items: readonly LoggedLine[];
  /** Absent at the end. */
  readonly next?: string;
}

export interface LogQuery {
  /** Milliseconds since 1970. */
  readonly since: number;
  readonly level: string;
  readonly next?: string;
}

export interface LogOperations {
  /** One page; an empty one with `next` has only not found anything yet. */
  taskLogs(task: string, query: LogQuery): Promise<LogPage>;
}

export function logOperations({ ask }: Calls): LogOperations {
  return {
    taskLogs: (task, { since, level, next }) =>
      ask(path`/tasks/${task}/logs`, {
        since: String(since),
        level,
        ...(next !== undefined && { next }),
      }) as Promise<LogPage>,
  };
}
