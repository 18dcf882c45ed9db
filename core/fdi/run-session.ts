/** A value bound to a `?`. */
export type RunValue = string | number | null;

/** A statement with its values, one for each `?`. */
export interface RunStatement {
  readonly sql: string;
  readonly values: readonly RunValue[];
}

export type RunRow = Readonly<Record<string, unknown>>;

/** What a run needs of a database: one connection of a driver, or the Data API. One call at a time. */
export interface RunSession {
  /** @param timeMs then the statement is ended. @returns rows with the labels of their columns; NULL is null */
  query(statement: RunStatement, timeMs?: number): Promise<readonly RunRow[]>;
  /** @returns how many rows were changed, as the engine counts */
  change(statement: RunStatement): Promise<number>;
  begin(): Promise<void>;
  commit(): Promise<void>;
  /** Never throws: what cannot be rolled back any more has ended. */
  rollback(): Promise<void>;
  /** Never throws. */
  close(): Promise<void>;
}

/** Opens one; faults are those of its statements. */
export type OpenSession = () => Promise<RunSession>;

export function statement(sql: string, values: readonly RunValue[] = []): RunStatement {
  return { sql, values };
}
