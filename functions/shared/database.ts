import {
  BeginTransactionCommand,
  type ColumnMetadata,
  CommitTransactionCommand,
  ExecuteStatementCommand,
  type Field,
  RDSDataClient,
  RollbackTransactionCommand,
  type SqlParameter,
} from '@aws-sdk/client-rds-data';
import { environment } from './environment.ts';

export interface StatementOptions {
  /** Run inside this transaction; without it the statement commits by itself. */
  readonly transactionId?: string;
  /** Answer `rows` as objects, column labels as keys. SELECT only; duplicate labels are an error of the Data API. */
  readonly json?: boolean;
  /** Answer `records` with their `columns`. */
  readonly metadata?: boolean;
  /** Let the statement run on after the Data API's 45 s (for DDL). */
  readonly continueAfterTimeout?: boolean;
}

export type Row = Readonly<Record<string, unknown>>;

export interface StatementResult {
  /** Rows inserted, changed or deleted, as the engine counts them (an upsert counts 2 for a changed row). */
  readonly updated: number;
  /** With `json`: the result; integers are numbers, decimals and dates text, blobs base64. */
  readonly rows: readonly Row[];
  readonly records: readonly (readonly Field[])[];
  readonly columns: readonly ColumnMetadata[];
}

/** The port to Aurora MySQL. Everything it throws is the SDK's own exception, told apart by its name. */
export interface Database {
  execute(sql: string, parameters?: readonly SqlParameter[], options?: StatementOptions): Promise<StatementResult>;
  /** Answers the transaction's id. */
  begin(): Promise<string>;
  commit(transactionId: string): Promise<void>;
  rollback(transactionId: string): Promise<void>;
}

/** A paused cluster resumes in about 15 s, after a day's pause in 30 s and more (aws-rds auto-pause). */
const RESUME_WAITS_MS: readonly number[] = [500, 1000, 2000, 4000, 8000, 8000, 8000, 8000];

let client: RDSDataClient | undefined;

/** The database of the function's environment (`DATABASE_CLUSTER_ARN`, `DATABASE_SECRET_ARN`, `DATABASE_NAME`). */
export function database(): Database {
  const source = { resourceArn: environment('DATABASE_CLUSTER_ARN'), secretArn: environment('DATABASE_SECRET_ARN') };
  const target = { ...source, database: environment('DATABASE_NAME') };
  // One attempt: a statement of a transaction that is sent twice may run twice. Who needs retries repeats the whole.
  client ??= new RDSDataClient({ maxAttempts: 1 });
  const sender = client;

  return {
    async execute(sql, parameters = [], options = {}) {
      const command = new ExecuteStatementCommand({
        ...target,
        sql,
        parameters: parameters as SqlParameter[],
        ...(options.transactionId !== undefined && { transactionId: options.transactionId }),
        ...(options.json === true && { formatRecordsAs: 'JSON' as const }),
        ...(options.metadata === true && { includeResultMetadata: true }),
        ...(options.continueAfterTimeout === true && { continueAfterTimeout: true }),
      });
      const answer = await onceAwake(() => sender.send(command));

      return {
        updated: answer.numberOfRecordsUpdated ?? 0,
        rows: answer.formattedRecords === undefined ? [] : (JSON.parse(answer.formattedRecords) as Row[]),
        records: answer.records ?? [],
        columns: answer.columnMetadata ?? [],
      };
    },

    async begin() {
      const { transactionId } = await onceAwake(() => sender.send(new BeginTransactionCommand(target)));

      return transactionId ?? '';
    },

    async commit(transactionId) {
      await sender.send(new CommitTransactionCommand({ ...source, transactionId }));
    },

    async rollback(transactionId) {
      await sender.send(new RollbackTransactionCommand({ ...source, transactionId }));
    },
  };
}

/** Repeats a call that a paused cluster refused: it was not run, so it can be sent again. */
async function onceAwake<Answer>(call: () => Promise<Answer>): Promise<Answer> {
  for (const wait of RESUME_WAITS_MS) {
    try {
      return await call();
    } catch (error) {
      if (!(error instanceof Error) || error.name !== 'DatabaseResumingException') {
        throw error;
      }
    }
    await new Promise((resolve) => setTimeout(resolve, wait));
  }

  return call();
}

export function text(name: string, value: string | null | undefined): SqlParameter {
  return { name, value: value === null || value === undefined ? { isNull: true } : { stringValue: value } };
}

export function long(name: string, value: number | null | undefined): SqlParameter {
  return { name, value: value === null || value === undefined ? { isNull: true } : { longValue: value } };
}

export function double(name: string, value: number | null | undefined): SqlParameter {
  return { name, value: value === null || value === undefined ? { isNull: true } : { doubleValue: value } };
}

export function boolean(name: string, value: boolean | null | undefined): SqlParameter {
  return { name, value: value === null || value === undefined ? { isNull: true } : { booleanValue: value } };
}
