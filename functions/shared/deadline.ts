import type { RunSession } from '../../core/fdi/run-session.ts';
import type { TaskDatabase } from '../../core/fdi/shard-writer.ts';

/** How long the farewell to an open transaction may take, in ms. */
const ROLLBACK_MS = 2000;

/** The invocation's time is nearly over. */
class OutOfTime extends Error {
  override readonly name = 'OutOfTime';
}

export interface Deadline {
  /** The same database, whose calls fail when the time is over. Rolling back is still possible then. */
  readonly database: TaskDatabase;
  /** The call, or a failure when the time is over. */
  inTime<Answer>(call: Promise<Answer>): Promise<Answer>;
  /** The same of a session of another database. */
  session(session: RunSession): RunSession;
  /** Of what is said at the end, whoever hears it: waits two seconds for it at most, however late it is. */
  farewell(call: Promise<void>): Promise<void>;
  pause(ms: number): Promise<void>;
  /** Must be called when the work is done: the timer would keep the process alive. */
  end(): void;
}

/**
 * Ends the work on a batch before Lambda ends the function: a killed writer leaves its transaction open, holding its position, until
 * the Data API rolls it back after three idle minutes.
 */
export function deadline(database: TaskDatabase, ms: number): Deadline {
  const { promise: over, reject } = Promise.withResolvers<never>();
  over.catch(() => undefined);
  const timer = setTimeout(() => reject(new OutOfTime('less than 5 s of the invocation remain')), ms);
  const inTime = <Answer>(call: Promise<Answer>) => Promise.race([call, over]);
  const farewell = (call: Promise<void>) => within(ROLLBACK_MS, call);

  return {
    database: {
      execute: (sql, parameters, options) => inTime(database.execute(sql, parameters, options)),
      begin: () => inTime(database.begin()),
      commit: (transactionId) => inTime(database.commit(transactionId)),
      rollback: (transactionId) => farewell(database.rollback(transactionId)),
    },
    ...{ inTime, farewell },
    session: (own) => ({
      query: (statement, timeMs) => inTime(own.query(statement, timeMs)),
      change: (statement) => inTime(own.change(statement)),
      begin: () => inTime(own.begin()),
      commit: () => inTime(own.commit()),
      rollback: () => farewell(own.rollback()),
      close: () => own.close(),
    }),
    pause: (wait) => within(wait, over),
    end: () => clearTimeout(timer),
  };
}

/** Resolves with the call, or after so many milliseconds without it. */
async function within(ms: number, call: Promise<void>): Promise<void> {
  const { promise: late, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, ms);
  try {
    await Promise.race([call, late]);
  } finally {
    clearTimeout(timer);
  }
}
