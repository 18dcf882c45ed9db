import { setTimeout as delay } from 'node:timers/promises';
import type { ColumnMetadata, Field, SqlParameter } from '@aws-sdk/client-rds-data';
import { type DataApiClient, dataApiClient } from './data-api-client.ts';
import { environment } from './environment.ts';

export interface StatementOptions {
  /** Run inside this transaction; without it the statement commits by itself. */
  readonly transactionId?: string;
  /**
   * Answer `rows` as objects, column labels as keys. SELECT only; duplicate labels are an error of the Data API. `exact`: integers beyond
   * 2^53 are texts.
   */
  readonly json?: boolean | 'exact';
  /** Answer `records` with their `columns`. */
  readonly metadata?: boolean;
  /** Answer what a cluster says that resumes: the statement is sent again by whoever wants it to be. */
  readonly atOnce?: boolean;
  /** Let the statement run on after the Data API's 45 s (for DDL). */
  readonly continueAfterTimeout?: boolean;
}

export type Row = Readonly<Record<string, unknown>>;

export interface StatementResult {
  /** Rows inserted, changed or deleted, as the engine counts them (an upsert counts 2 for a changed row). */
  readonly updated: number;
  /** With `json`: the result; integers are numbers, decimals and dates text, blobs base64. */
  readonly rows: readonly Row[];
  /** As the API sends them: `blobValue` is base64 text here, not bytes. */
  readonly records: readonly (readonly Field[])[];
  readonly columns: readonly ColumnMetadata[];
}

/** The port to Aurora MySQL. Throws `DataApiError`, whose name is the API's own (`DatabaseErrorException`), or Node's network errors. */
export interface Database {
  execute(sql: string, parameters?: readonly SqlParameter[], options?: StatementOptions): Promise<StatementResult>;
  /** Answers the transaction's id. */
  begin(): Promise<string>;
  commit(transactionId: string): Promise<void>;
  rollback(transactionId: string): Promise<void>;
}

/** A paused cluster resumes in about 15 s, after a day's pause in 30 s and more (aws-rds auto-pause). */
const RESUME_WAITS_MS: readonly number[] = [500, 1000, 2000, 4000, 8000, 8000, 8000, 8000];

let client: DataApiClient | undefined;

/** The database of the function's environment (`DATABASE_CLUSTER_ARN`, `DATABASE_SECRET_ARN`, `DATABASE_NAME`). */
export function database(): Database {
  const source = { resourceArn: environment('DATABASE_CLUSTER_ARN'), secretArn: environment('DATABASE_SECRET_ARN') };
  const target = { ...source, database: environment('DATABASE_NAME') };
  client ??= dataApiClient();
  const { send } = client;

  return {
    async execute(sql, parameters = [], options = {}) {
      const { transactionId, json = false, metadata = false, continueAfterTimeout = false, atOnce = false } = options;
      const call = () =>
        send('Execute', {
          ...target,
          sql,
          parameters,
          ...(transactionId !== undefined && { transactionId }),
          ...(json !== false && { formatRecordsAs: 'JSON' }),
          ...(metadata && { includeResultMetadata: true }),
          ...(continueAfterTimeout && { continueAfterTimeout }),
        });
      const answer = await (atOnce ? call() : onceAwake(call));

      return resultOf(answer, json === 'exact');
    },

    async begin() {
      const { transactionId } = await onceAwake(() => send('BeginTransaction', target));

      return String(transactionId);
    },

    async commit(transactionId) {
      await send('CommitTransaction', { ...source, transactionId });
    },

    async rollback(transactionId) {
      await send('RollbackTransaction', { ...source, transactionId });
    },
  };
}

function resultOf(answer: Readonly<Record<string, unknown>>, exact: boolean): StatementResult {
  const { numberOfRecordsUpdated, formattedRecords, records, columnMetadata } = answer;

  return {
    updated: Number(numberOfRecordsUpdated ?? 0),
    rows:
      typeof formattedRecords === 'string'
        ? (JSON.parse(formattedRecords, exact ? exactly : undefined) as readonly Row[])
        : [],
    records: (records ?? []) as Field[][],
    columns: (columnMetadata ?? []) as ColumnMetadata[],
  };
}

/** TypeScript does not know yet that the text of a number comes third. */
function exactly(_key: string, value: unknown, ...more: unknown[]): unknown {
  const [{ source = '' } = {}] = more as { readonly source?: string }[];

  return typeof value === 'number' && /^-?\d+$/.test(source) && !Number.isSafeInteger(value) ? source : value;
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
    await delay(wait);
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
