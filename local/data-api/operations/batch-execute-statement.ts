import { AwsError } from '../../errors.ts';
import { validation } from '../errors.ts';
import { generatedFields } from '../generated-fields.ts';
import { LIMITS } from '../limits.ts';
import { onSession } from '../on-session.ts';
import { operation, TARGET, TRANSACTION_ID } from '../operation.ts';
import { type BoundValue, bind, type SqlParameter } from '../parameter.ts';
import { PARAMETERS, refuseSchema } from '../parameter-shape.ts';
import { withTimeout } from '../run-statement.ts';
import type { Outcome, RowSink, Session } from '../session.ts';
import type { SourceReference } from '../source.ts';
import { parseStatement, type Statement } from '../statement.ts';

interface BatchExecuteStatement extends SourceReference {
  readonly sql: string;
  readonly schema?: string;
  readonly parameterSets?: readonly (readonly SqlParameter[])[];
  readonly transactionId?: string;
}

/** https://docs.aws.amazon.com/rdsdataservice/latest/APIReference/API_BatchExecuteStatement.html */
export const batchExecuteStatement = operation<BatchExecuteStatement>('BatchExecuteStatement', '/BatchExecute', {
  input: {
    ...TARGET,
    sql: { type: 'string', required: true, min: 1, max: LIMITS.sqlCharacters },
    parameterSets: { type: 'list', member: PARAMETERS },
    transactionId: TRANSACTION_ID,
  },

  async run(input, api) {
    refuseSchema(input.schema);
    const statement = parseStatement(input.sql);
    if (statement.terminated) throw validation("Multistatements aren't supported");
    const sets = input.parameterSets ?? [];
    // All of them are read before the first one runs.
    const values = sets.length === 0 ? [bind(statement.names, [])] : sets.map((set) => bind(statement.names, set));
    const outcomes = await onSession(api, input, (session, login) => {
      session.stateful ||= statement.stateful;
      const limit = { continueAfterTimeout: false, timeoutMillis: api.limits.statementMillis };

      return withTimeout(session, login, limit, runAll(session, statement, values));
    });

    return JSON.stringify({
      updateResults: outcomes.map((outcome) => ({ generatedFields: generatedFields(outcome, statement.upsert) })),
    });
  },
});

/** One after another; the first that fails ends it. Without a transaction, what ran before is committed. */
async function runAll(session: Session, { text }: Statement, sets: readonly BoundValue[][]): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  const sink = noRows();
  for (const values of sets) {
    outcomes.push(await session.run(text, values, sink));
    sink.check();
  }

  return outcomes;
}

function noRows(): RowSink & { check(): void } {
  let hasRows = false;

  return {
    fields() {
      hasRows = true;
    },
    row() {
      // counted by its fields already
    },
    check() {
      if (hasRows)
        throw new AwsError('DatabaseErrorException', 'Statements that return rows are not supported in a batch');
    },
  };
}
