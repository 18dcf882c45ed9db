import { type DatabaseFault, databaseFault, type FaultKind } from './database-fault.ts';
import type { SessionFate } from './feed-sessions.ts';
import type { RunDialect } from './run-dialect.ts';
import { mysqlErrorNumber, sqlState } from './run-fault.ts';
import { isWriteConflict } from './run-mongo-fault.ts';
import type { RunFault } from './run-ports.ts';

/** MySQL's number, PostgreSQL's state. */
const DEADLOCKS: ReadonlySet<number | string | undefined> = new Set([1213, '40P01', '40001']);
const KINDS: Readonly<Record<RunFault['kind'], FaultKind>> = {
  data: 'data',
  slow: 'slow',
  passing: 'connection',
  lasting: 'other',
};
/** Of the platform's database: what may pass. Nothing of it says anything about the rows. */
const PASSING: readonly FaultKind[] = ['deadlock', 'lock', 'connection'];

/** Something beside the rows failed: none of them is to blame, whatever the database says. */
class BesideRows extends Error {
  override readonly name = 'BesideRows';
  readonly fault: DatabaseFault;

  constructor(fault: DatabaseFault, cause: unknown) {
    super(fault.message, { cause });
    this.fault = fault;
  }
}

/** What an error of writing into another database means for the batch. */
export function feedFault({ faultOf }: Pick<RunDialect, 'faultOf'>, error: unknown): DatabaseFault {
  if (error instanceof BesideRows) {
    return error.fault;
  }
  const { kind, message } = faultOf(error);
  const isDeadlock = DEADLOCKS.has(mysqlErrorNumber(error)) || DEADLOCKS.has(sqlState(error)) || isWriteConflict(error);

  return { kind: isDeadlock ? 'deadlock' : KINDS[kind], message };
}

/** A statement of the target that is about no row: what would be a row's fault passes, or the batch waits. */
export async function besideRows<Answer>(dialect: Pick<RunDialect, 'faultOf'>, work: Promise<Answer>): Promise<Answer> {
  try {
    return await work;
  } catch (error) {
    const fault = feedFault(dialect, error);
    throw fault.kind === 'data' || fault.kind === 'slow'
      ? new BesideRows({ ...fault, kind: 'connection' }, error)
      : error;
  }
}

/** A call of the platform's database, while the target is written. */
export async function ofPlatform<Answer>(work: Promise<Answer>): Promise<Answer> {
  try {
    return await work;
  } catch (error) {
    const { kind, message } = databaseFault(error);
    throw new BesideRows(
      { kind: PASSING.includes(kind) ? kind : 'other', message: `the platform's database: ${message}` },
      error,
    );
  }
}

/** After these a session has rolled back and is as good as before. */
export function sessionFate(dialect: Pick<RunDialect, 'faultOf'>, error: unknown): SessionFate {
  const { kind } = feedFault(dialect, error);
  if (kind === 'data' || kind === 'deadlock') {
    return 'kept';
  }

  return kind === 'connection' && !(error instanceof BesideRows) ? 'all closed' : 'closed';
}
