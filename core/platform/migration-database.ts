import { MigrationFailed } from './errors.ts';

/** Values of named parameters. */
export type SqlValues = Readonly<Record<string, string | number | null>>;

/** How a statement that defines something ended. */
export type Definition =
  | { readonly outcome: 'done' }
  /** What it makes is there, or what it removes is gone. */
  | { readonly outcome: 'already'; readonly message: string }
  /** The database refused it: nothing happened. */
  | { readonly outcome: 'failed'; readonly message: string }
  /** It runs on, although the call is over. */
  | { readonly outcome: 'running'; readonly connection: string };

export interface BoundStatement {
  readonly sql: string;
  readonly values?: SqlValues;
}

/** The database as migrations need it. Every call commits by itself. Faults are thrown as they come. */
export interface MigrationDatabase {
  /** Rows of a SELECT, column labels as keys. */
  query(sql: string, values?: SqlValues): Promise<readonly Readonly<Record<string, unknown>>[]>;
  /** Runs a statement that changes rows; answers how many. */
  run(sql: string, values?: SqlValues): Promise<number>;
  /** Runs statements that change rows, all or none. */
  together(statements: readonly BoundStatement[]): Promise<void>;
  /** Runs a statement that defines something: it cannot be bound, rolled back or bounded in time. Throws only when the end is not known. */
  define(sql: string): Promise<Definition>;
}

/**
 * Runs a definition that has to succeed at once.
 *
 * @param fine outcomes that count as success too
 * @param shown the statement as a message may repeat it
 * @throws MigrationFailed
 */
export async function ordered(
  database: MigrationDatabase,
  sql: string,
  fine: readonly Definition['outcome'][] = [],
  shown: (text: string) => string = (text) => text,
): Promise<void> {
  const definition = await database.define(sql);
  if (definition.outcome === 'done' || fine.includes(definition.outcome)) {
    return;
  }
  const said = definition.outcome === 'running' ? 'it runs longer than a call may take' : definition.message;
  throw new MigrationFailed(`${shown(sql)}: ${shown(said)}`);
}
