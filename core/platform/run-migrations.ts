import { Refusal } from '../errors.ts';
import { excerpt } from '../sql/lexer.ts';
import { MigrationFailed } from './errors.ts';
import { digestOf, isDefinition, type Migration, type MigrationDefinitions, statementsOf } from './migration.ts';
import type { BoundStatement, Definition, MigrationDatabase } from './migration-database.ts';

export interface RunMigrationsOptions {
  /** Prolongs the lock; called before every statement. */
  readonly prolong: () => Promise<void>;
  readonly pause: (milliseconds: number) => Promise<void>;
}

/** How far a migration has come, as the table `causeway.migration` holds it. */
interface Progress {
  /** Statements that have run. */
  readonly done: number;
  /** Of the statements that have run. */
  readonly sha256: string;
  /** The statement sent last, from 1; greater than `done` when nobody knows how it ended. */
  readonly attempted: number;
  /** When the last statement had run; UTC. */
  readonly appliedAt: string | null;
}

const NOT_STARTED: Progress = { done: 0, sha256: digestOf([]), attempted: 0, appliedAt: null };
const POLL_MS = 2000;

/**
 * Runs what has not run yet, statement by statement; how far it came is kept, so a migration that was interrupted goes on where it stopped.
 *
 * @returns the names of the migrations that ran now
 * @throws Refusal CAUSEWAY.0412 for a migration whose text changed after it had run; MigrationFailed
 */
export async function runMigrations(
  database: MigrationDatabase,
  { scope, migrations }: MigrationDefinitions,
  options: RunMigrationsOptions,
): Promise<string[]> {
  const progress = await readProgress(database, scope);
  const ran: string[] = [];
  // All of them are compared before the first one runs: a refusal leaves nothing half done.
  for (const migration of migrations) {
    checkUnchanged(scope, migration, progress.get(migration.name) ?? NOT_STARTED);
  }
  for (const migration of migrations) {
    const before = progress.get(migration.name) ?? NOT_STARTED;
    if (before.appliedAt === null) {
      await runMigration(database, scope, migration, before, options);
      ran.push(migration.name);
    }
  }

  return ran;
}

async function readProgress(database: MigrationDatabase, scope: string): Promise<Map<string, Progress>> {
  const rows = await database.query(
    'SELECT Name, Statements, Sha256, Attempted, AppliedAt FROM causeway.migration WHERE Scope = :scope',
    { scope },
  );

  return new Map(
    rows.map((row) => [
      String(row['Name']),
      {
        done: Number(row['Statements']),
        sha256: String(row['Sha256']),
        attempted: Number(row['Attempted']),
        appliedAt: row['AppliedAt'] === null ? null : String(row['AppliedAt']),
      },
    ]),
  );
}

function checkUnchanged(scope: string, migration: Migration, { done, sha256, appliedAt }: Progress): void {
  const statements = statementsOf(migration);
  const grown = appliedAt !== null && statements.length > done;
  if (!grown && digestOf(statements.slice(0, done)) === sha256) {
    return;
  }
  const when = appliedAt === null ? `${done} of its statements have run` : `it ran at ${appliedAt}`;
  throw new Refusal('CAUSEWAY.0412', {
    message: `The migration ${migration.name} of ${scope} has changed, but ${when}: put its text back and write a new migration for the change.`,
  });
}

async function runMigration(
  database: MigrationDatabase,
  scope: string,
  migration: Migration,
  before: Progress,
  options: RunMigrationsOptions,
): Promise<void> {
  const statements = statementsOf(migration);
  const progress = (done: number, attempted: number) =>
    progressStatement(scope, migration.name, statements, { done, attempted });
  const record = (done: number, attempted: number) => {
    const { sql, values } = progress(done, attempted);

    return database.run(sql, values);
  };

  if (statements.length === 0) {
    await record(0, 0);
  }
  for (const [index, statement] of statements.entries()) {
    if (index < before.done) {
      continue;
    }
    await options.prolong();
    try {
      if (!isDefinition(statement)) {
        await database.together([{ sql: statement }, progress(index + 1, index + 1)]);
        continue;
      }
      await record(index, index + 1);
      const refused = await define(database, statement, before.attempted === index + 1, options);
      await (refused === undefined ? record(index + 1, index + 1) : record(index, index));
      if (refused !== undefined) {
        throw new MigrationFailed(refused);
      }
    } catch (cause) {
      const said = cause instanceof Error ? cause.message : String(cause);
      const where = `migration ${migration.name} of ${scope}, statement ${index + 1} (${excerpt(statement, 0)})`;
      throw new MigrationFailed(`${where}: ${said}`, { cause });
    }
  }
}

function progressStatement(
  scope: string,
  name: string,
  statements: readonly string[],
  { done, attempted }: Pick<Progress, 'done' | 'attempted'>,
): Required<BoundStatement> {
  const complete = done === statements.length ? 1 : 0;

  return {
    sql: `INSERT INTO causeway.migration (Scope, Name, Statements, Sha256, Attempted, AppliedAt)
      VALUES (:scope, :name, :done, :sha256, :attempted, IF(:complete = 1, UTC_TIMESTAMP(3), NULL))
      ON DUPLICATE KEY UPDATE Statements = :done, Sha256 = :sha256, Attempted = :attempted,
        AppliedAt = IF(:complete = 1, UTC_TIMESTAMP(3), NULL)`,
    values: { scope, name, done, sha256: digestOf(statements.slice(0, done)), attempted, complete },
  };
}

/**
 * Runs a statement that defines something; answers why the database refused it.
 *
 * @param sentBefore whether an earlier attempt sent it and died before it knew the end: then "exists already" is what was wanted
 */
async function define(
  database: MigrationDatabase,
  statement: string,
  sentBefore: boolean,
  options: RunMigrationsOptions,
): Promise<string | undefined> {
  const first = await database.define(statement);
  if (first.outcome !== 'running') {
    return refusalOf(first, sentBefore);
  }
  // The Data API says nothing about a statement that outlived its call: once it has ended, sending it again tells what it did.
  await ended(database, first.connection, options);
  const second = await database.define(statement);
  if (second.outcome !== 'running') {
    return refusalOf(second, true);
  }
  await ended(database, second.connection, options);

  return 'it runs longer than a call may take and does not show whether it succeeded; run it by hand';
}

function refusalOf(definition: Exclude<Definition, { outcome: 'running' }>, sentBefore: boolean): string | undefined {
  if (definition.outcome === 'done' || (definition.outcome === 'already' && sentBefore)) {
    return undefined;
  }

  return definition.message;
}

async function ended(database: MigrationDatabase, connection: string, options: RunMigrationsOptions): Promise<void> {
  for (;;) {
    await options.prolong();
    const rows = await database.query(
      "SELECT ID AS Connection FROM information_schema.processlist WHERE ID = :connection AND COMMAND <> 'Sleep'",
      { connection },
    );
    if (rows.length === 0) {
      return;
    }
    await options.pause(POLL_MS);
  }
}
