import { createHash } from 'node:crypto';
import { lexSql, splitStatements } from '../sql/lexer.ts';
import type { Grant } from './database-grants.ts';

/** The migrations of one stack, in order; the function's `definitions.json`. */
export interface MigrationDefinitions {
  /** Whose migrations these are: `platform`, or the name of a stack. */
  readonly scope: string;
  readonly migrations: readonly Migration[];
  /** Rights on the scope's tables, given after the migrations have run and taken away when they are declared no longer. */
  readonly grants?: readonly Grant[];
}

/** Versioned SQL, forward only. */
export interface Migration {
  /** The file's name without its ending: `001-tables`. */
  readonly name: string;
  /** Statements that end with semicolons. */
  readonly sql: string;
}

/**
 * The statements of a migration as they are sent: without comments, which the Data API would search for parameters, and whose change is no
 * change of the migration.
 */
export function statementsOf({ sql }: Migration): string[] {
  return splitStatements(sql).map((statement) =>
    lexSql(statement)
      .map(({ kind, text }) => (kind === 'comment' && !text.startsWith('/*!') ? ' ' : text))
      .join('')
      .trim(),
  );
}

/** Whether a statement defines something, in place of changing rows: MySQL commits it by itself and cannot roll it back. */
export function isDefinition(statement: string): boolean {
  return /^(create|alter|drop|rename|truncate|grant|revoke|analyze|optimize)\b/i.test(statement);
}

/** What is kept of statements that have run, to notice when they change afterwards. */
export function digestOf(statements: readonly string[]): string {
  return createHash('sha256').update(JSON.stringify(statements)).digest('hex');
}
