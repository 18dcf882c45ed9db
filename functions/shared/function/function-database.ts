import type { FunctionDatabase, FunctionLog, FunctionStatements } from '../../../core/apic/api-function.ts';
import { boundStatement, type SqlValue } from '../../../core/apic/bound-statement.ts';
import type { RenderedSql } from '../../../core/apic/template-piece.ts';
import type { Database, StatementResult } from '../database.ts';

/** A statement that failed; message and name are the database's. For the log, never for callers. */
export class StatementFailed extends Error {
  override readonly name: string;

  constructor(cause: unknown) {
    const { name = 'StatementFailed', message = String(cause) } = (cause ?? {}) as Partial<Error>;
    super(message, { cause });
    this.name = name;
  }
}

/** The call a function works for. */
interface Work {
  /** Aborted when its time is over or it is answered. */
  readonly signal: AbortSignal;
  readonly log: Pick<FunctionLog, 'error'>;
}

type Arguments = readonly [statement: string | TemplateStringsArray, ...values: readonly unknown[]];

/**
 * The platform's database, as functions see it during one call. What is asked when the call is over is asked in vain, and never answered: an
 * error would be one that nobody handles, which ends the process and with it the call after.
 */
export function functionDatabase(databaseOf: () => Database, { signal, log }: Work): FunctionDatabase {
  const tried = async <Answer>(work: () => Promise<Answer>): Promise<Answer> => {
    if (signal.aborted) {
      log.error('a statement came when the call was over and did not run: await what the function does');

      return new Promise<never>(() => undefined);
    }
    try {
      return await work();
    } catch (cause) {
      throw new StatementFailed(cause);
    }
  };

  return {
    ...statementsOf((statement) => tried(() => databaseOf().execute(...sent(statement)))),
    async transaction(work) {
      const database = databaseOf();
      const transactionId = await tried(() => database.begin());
      const inside = statementsOf((statement) =>
        tried(() => {
          const [sql, parameters, options] = sent(statement);

          return database.execute(sql, parameters, { ...options, transactionId });
        }),
      );
      // What cannot be taken back now, the Data API takes back after three idle minutes.
      let taken: Promise<void> | undefined;
      const takeBack = () => {
        taken ??= database.rollback(transactionId).catch(() => undefined);

        return taken;
      };
      signal.addEventListener('abort', takeBack);
      try {
        const result = await work(inside);
        await tried(() => database.commit(transactionId));

        return result;
      } catch (error) {
        await takeBack();
        throw error;
      } finally {
        signal.removeEventListener('abort', takeBack);
      }
    },
  };
}

function statementsOf(run: (statement: RenderedSql) => Promise<StatementResult>): FunctionStatements {
  return {
    query: async (...given: Arguments) => (await run(renderedOf(given))).rows as never,
    execute: async (...given: Arguments) => (await run(renderedOf(given))).updated,
  };
}

function renderedOf([statement, ...values]: Arguments): RenderedSql {
  return typeof statement === 'string'
    ? boundStatement(statement, (values[0] ?? []) as readonly SqlValue[])
    : boundStatement(statement.join('?'), values as readonly SqlValue[]);
}

function sent({ sql, parameters }: RenderedSql) {
  return [sql, [...parameters], { json: 'exact' }] as const;
}
