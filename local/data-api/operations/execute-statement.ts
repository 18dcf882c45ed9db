import { generatedFields } from '../generated-fields.ts';
import { LIMITS } from '../limits.ts';
import { onSession } from '../on-session.ts';
import { operation, TARGET, TRANSACTION_ID } from '../operation.ts';
import { bind, type SqlParameter } from '../parameter.ts';
import { PARAMETERS, refuseSchema } from '../parameter-shape.ts';
import { ResultWriter } from '../result.ts';
import { runStatement } from '../run-statement.ts';
import type { Outcome } from '../session.ts';
import type { SourceReference } from '../source.ts';
import { parseStatement } from '../statement.ts';
import type { ResultSetOptions } from '../value-json.ts';

interface ExecuteStatement extends SourceReference {
  readonly sql: string;
  readonly schema?: string;
  readonly parameters?: readonly SqlParameter[];
  readonly transactionId?: string;
  readonly includeResultMetadata?: boolean;
  readonly continueAfterTimeout?: boolean;
  readonly resultSetOptions?: ResultSetOptions;
  readonly formatRecordsAs?: 'NONE' | 'JSON';
}

/** https://docs.aws.amazon.com/rdsdataservice/latest/APIReference/API_ExecuteStatement.html */
export const executeStatement = operation<ExecuteStatement>('ExecuteStatement', '/Execute', {
  input: {
    ...TARGET,
    sql: { type: 'string', required: true, min: 1, max: LIMITS.sqlCharacters },
    parameters: PARAMETERS,
    transactionId: TRANSACTION_ID,
    includeResultMetadata: { type: 'boolean' },
    continueAfterTimeout: { type: 'boolean' },
    resultSetOptions: {
      type: 'structure',
      members: {
        decimalReturnType: { type: 'string', enum: ['STRING', 'DOUBLE_OR_LONG'] },
        longReturnType: { type: 'string', enum: ['LONG', 'STRING'] },
      },
    },
    formatRecordsAs: { type: 'string', enum: ['NONE', 'JSON'] },
  },

  async run(input, api) {
    refuseSchema(input.schema);
    const statement = parseStatement(input.sql);
    const values = bind(statement.names, input.parameters ?? []);
    const writer = new ResultWriter(
      {
        json: input.formatRecordsAs === 'JSON',
        metadata: input.includeResultMetadata === true,
        resultSet: input.resultSetOptions ?? {},
      },
      api.limits,
    );
    const outcome = await onSession(api, input, (session, login) => {
      session.stateful ||= statement.stateful;

      return runStatement(session, login, {
        sql: statement.text,
        values,
        sink: writer,
        continueAfterTimeout: input.continueAfterTimeout === true,
        timeoutMillis: api.limits.statementMillis,
      });
    });

    return answer(writer, outcome, statement.upsert);
  },
});

function answer(writer: ResultWriter, outcome: Outcome, upsert: boolean): string {
  if (writer.isResultSet) return `{${[...writer.members(), '"numberOfRecordsUpdated":0'].join(',')}}`;

  return JSON.stringify({
    generatedFields: generatedFields(outcome, upsert),
    numberOfRecordsUpdated: outcome.affectedRows,
  });
}
