/** Values of named parameters. */
export type SqlValues = Readonly<Record<string, string | number | null>>;

/** How a statement that defines something ended. */
export type Definition =
  | { readonly outcome: 'done' }
  /** What it makes is there, or what it removes is gone. */
  | { readonly outcome: 'already'; readonly message: string }
  /** It runs on, although the call is over. */
  | { readonly outcome: 'running'; readonly connection: string };

/** The database as migrations need it. Every call commits by itself. Faults of the database are thrown as they come. */
export interface MigrationDatabase {
  /** Rows of a SELECT, column labels as keys. */
  query(sql: string, values?: SqlValues): Promise<readonly Readonly<Record<string, unknown>>[]>;
  /** Runs a statement that changes rows; answers how many. */
  run(sql: string, values?: SqlValues): Promise<number>;
  /** Runs a statement that defines something: it cannot be bound, rolled back or bounded in time. */
  define(sql: string): Promise<Definition>;
}
