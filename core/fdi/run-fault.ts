import { databaseFault, type FaultKind } from './database-fault.ts';
import type { RunFault } from './run-ports.ts';

/** What a driver's error carries, by itself or as its cause. */
interface DriverFacts {
  readonly errno?: number;
  /** SQLSTATE, of PostgreSQL. */
  readonly code?: string;
  readonly sqlState?: string;
}

const KINDS: Readonly<Record<FaultKind, RunFault['kind']>> = {
  deadlock: 'passing',
  lock: 'passing',
  connection: 'passing',
  data: 'data',
  slow: 'slow',
  other: 'lasting',
};
/** postgresql.org/docs/current/errcodes-appendix.html: by class, or by the whole code. */
const SQL_STATES: readonly (readonly [beginning: string, kind: RunFault['kind']])[] = [
  ['40', 'passing'], // serialization failures and deadlocks
  ['55P03', 'passing'], // lock not available
  ['08', 'passing'], // connections
  ['57P', 'passing'], // shutting down, starting up
  ['53', 'passing'], // resources
  ['57014', 'slow'], // canceled
  ['22', 'data'], // values
  ['23', 'data'], // constraints
  ['21000', 'data'], // a key twice in one statement
  ['P0001', 'data'], // raised by a trigger
];

/** MySQL's and MariaDB's, over a driver or the Data API. */
export function mysqlFault(error: unknown): RunFault {
  const message = messageOf(error);
  const errno = factOf(error, 'errno');
  if (typeof errno === 'number' && factOf(error, 'sqlState') !== undefined) {
    return { kind: KINDS[databaseFault(new DatabaseSaid(`error code: ${errno}`)).kind], message };
  }
  if (isDriverFault(error)) {
    return { kind: 'passing', message };
  }

  return { kind: KINDS[databaseFault(error).kind], message };
}

export function postgresqlFault(error: unknown): RunFault {
  const message = messageOf(error);
  const code = factOf(error, 'code');
  const state = typeof code === 'string' && /^[0-9A-Z]{5}$/.test(code) ? code : undefined;
  if (state === undefined) {
    return { kind: isDriverFault(error) ? 'passing' : KINDS[databaseFault(error).kind], message };
  }
  const known = SQL_STATES.find(([beginning]) => state.startsWith(beginning));

  return { kind: known?.[1] ?? 'lasting', message };
}

export function mysqlErrorNumber(error: unknown): number | undefined {
  const errno = factOf(error, 'errno');

  return typeof errno === 'number' ? errno : databaseFault(error).errno;
}

export function sqlState(error: unknown): string | undefined {
  const code = factOf(error, 'code');

  return typeof code === 'string' ? code : undefined;
}

/** A number of the engine's, in the words the Data API has for it. */
class DatabaseSaid extends Error {
  override readonly name = 'DatabaseSaid';
}

/** The connection, not the statement: it could not be made, was lost or took too long. */
function isDriverFault(error: unknown): boolean {
  return error instanceof Error && error.name === 'SourceFailed';
}

function factOf(error: unknown, name: keyof DriverFacts): unknown {
  const { cause } = (error ?? {}) as { cause?: unknown };

  return ((error ?? {}) as DriverFacts)[name] ?? ((cause ?? {}) as DriverFacts)[name];
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
