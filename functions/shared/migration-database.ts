import { databaseFault } from '../../core/fdi/database-fault.ts';
import type { Definition, MigrationDatabase, SqlValues } from '../../core/platform/migration-database.ts';
import { type Database, long, text } from './database.ts';

/** The engine's numbers for: exists already (database, table, column, key), or is gone already (database, table, column or key, right). */
const ALREADY: ReadonlySet<number> = new Set([1007, 1050, 1060, 1061, 1008, 1051, 1091, 1141, 1147]);
/** A cluster that was just made, is resuming or fails over. */
const NOT_YET: ReadonlySet<string> = new Set([
  'DatabaseResumingException',
  'DatabaseUnavailableException',
  'HttpEndpointNotEnabledException',
  'ServiceUnavailableError',
  'InternalServerErrorException',
]);
const PAUSE_MS = 3000;

/** The cluster through the Data API, as migrations use it. */
export function migrationDatabase(database: Database): MigrationDatabase {
  return {
    async query(sql, values = {}) {
      return (await database.execute(sql, parametersOf(values), { json: true })).rows;
    },

    async run(sql, values = {}) {
      return (await database.execute(sql, parametersOf(values))).updated;
    },

    async together(statements) {
      const transactionId = await database.begin();
      try {
        for (const { sql, values = {} } of statements) {
          await database.execute(sql, parametersOf(values), { transactionId });
        }
        await database.commit(transactionId);
      } catch (error) {
        // What was wrong first is what counts; a transaction that cannot be rolled back ends by itself after three idle minutes.
        await database.rollback(transactionId).catch(() => undefined);
        throw error;
      }
    },

    async define(sql) {
      try {
        await database.execute(sql, [], { continueAfterTimeout: true });

        return { outcome: 'done' };
      } catch (error) {
        return definitionOf(error);
      }
    },
  };
}

/** Waits for a cluster that is not there yet, as long as there is time; then its fault is thrown. */
export async function awaitDatabase(
  database: Database,
  {
    remainingMs,
    pause,
  }: { readonly remainingMs: () => number; readonly pause: (milliseconds: number) => Promise<void> },
): Promise<void> {
  for (;;) {
    try {
      await database.execute('SELECT 1');
      return;
    } catch (error) {
      if (!(error instanceof Error && NOT_YET.has(error.name)) || remainingMs() < PAUSE_MS) {
        throw error;
      }
    }
    await pause(PAUSE_MS);
  }
}

function definitionOf(error: unknown): Definition {
  const { errno, kind, message } = databaseFault(error);
  if (errno !== undefined && kind !== 'connection') {
    return { outcome: ALREADY.has(errno) ? 'already' : 'failed', message };
  }
  const connection = error instanceof Error && 'dbConnectionId' in error ? error.dbConnectionId : undefined;
  if (connection !== undefined) {
    return { outcome: 'running', connection: String(connection) };
  }
  throw error;
}

function parametersOf(values: SqlValues) {
  return Object.entries(values).map(([name, value]) =>
    typeof value === 'number' ? long(name, value) : text(name, value),
  );
}
