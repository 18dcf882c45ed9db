import type { FieldPacket } from 'mysql2';
import { statementTimeout } from './errors.ts';
import type { BoundValue } from './parameter.ts';
import { type Login, type Outcome, type RowSink, Session } from './session.ts';

export interface StatementRun extends TimeLimit {
  readonly sql: string;
  readonly values: readonly BoundValue[];
  readonly sink: RowSink;
}

export interface TimeLimit {
  /** The statement runs on after its caller was told that it takes too long. */
  readonly continueAfterTimeout: boolean;
  readonly timeoutMillis: number;
}

export interface Running<T> {
  /** Rejects with StatementTimeoutException while the statement may still run. */
  readonly answer: Promise<T>;
  /** Settles when the session is free again. */
  readonly settled: Promise<unknown>;
}

/** Starts a statement. A sink that refuses a row ends it: its transaction lives on, as after any failed statement. */
export function runStatement(session: Session, login: Login, run: StatementRun): Running<Outcome> {
  let refusal: unknown;
  let killing: Promise<void> | undefined;
  const attempt = (take: () => void) => {
    if (refusal !== undefined) return;
    try {
      take();
    } catch (error) {
      refusal = error;
      killing = killStatement(session, login);
    }
  };
  const sink: RowSink = {
    fields: (fields: readonly FieldPacket[]) => attempt(() => run.sink.fields(fields)),
    row: (values: readonly unknown[]) => attempt(() => run.sink.row(values)),
  };
  const work = session.run(run.sql, run.values, sink).catch((error: unknown) => {
    if (refusal === undefined) throw error; // else: its end was ours
  });
  const judged = work.then(async (outcome) => {
    await killing;
    if (refusal !== undefined) throw refusal;

    return outcome as Outcome;
  });

  return withTimeout(session, login, run, judged);
}

/** Gives work on a session its time; what is still running then is killed, unless it may go on. */
export function withTimeout<T>(
  session: Session,
  login: Login,
  { continueAfterTimeout, timeoutMillis }: TimeLimit,
  work: Promise<T>,
): Running<T> {
  let killing: Promise<void> | undefined;
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      if (!continueAfterTimeout) killing = killStatement(session, login);
      reject(statementTimeout(session.id));
    }, timeoutMillis);
  });
  const done = work.finally(() => clearTimeout(timer));

  return { answer: Promise.race([done, timeout]), settled: done.catch(() => undefined).then(() => killing) };
}

/** A user may end its own statements. When that fails the session goes, and the server rolls back. */
async function killStatement(session: Session, login: Login): Promise<void> {
  try {
    const killer = await Session.open(login);
    await killer.run(`KILL QUERY ${session.id}`).finally(() => killer.close());
  } catch {
    session.destroy();
  }
}
