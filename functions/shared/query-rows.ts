import { setTimeout as delay } from 'node:timers/promises';
import { ExecuteStatementCommand, RDSDataClient, type SqlParameter } from '@aws-sdk/client-rds-data';
import type { QueryResult } from '../../core/apic/data-api.ts';
import type { RenderedSql } from '../../core/apic/template-piece.ts';
import { environment } from './environment.ts';

/** Between two attempts while a paused cluster resumes, in milliseconds: it takes about 15 s. */
const RESUME_PAUSE_MS = 1000;

let client: RDSDataClient | undefined;

/**
 * Runs one statement and answers its rows as the text the Data API formats them to: parsed and written again, big numbers would lose digits.
 * Beside `database.ts` because a call of an API has its own clock: it waits for a resuming cluster, and for its statement, no longer than
 * `remainingMs` says, then throws.
 */
export async function queryRows({ sql, parameters }: RenderedSql, remainingMs: () => number): Promise<QueryResult> {
  const command = new ExecuteStatementCommand({
    resourceArn: environment('DATABASE_CLUSTER_ARN'),
    secretArn: environment('DATABASE_SECRET_ARN'),
    database: environment('DATABASE_NAME'),
    sql,
    parameters: parameters as SqlParameter[],
    formatRecordsAs: 'JSON',
  });
  for (;;) {
    try {
      return await send(command, remainingMs());
    } catch (error) {
      // Refused before it ran, so it can be sent again, whatever it does.
      if (!isResuming(error) || remainingMs() <= RESUME_PAUSE_MS) {
        throw error;
      }
    }
    await delay(RESUME_PAUSE_MS);
  }
}

async function send(command: ExecuteStatementCommand, milliseconds: number): Promise<QueryResult> {
  // One attempt: a statement that changes rows must not run twice because an answer got lost.
  client ??= new RDSDataClient({ maxAttempts: 1 });
  const abortSignal = AbortSignal.timeout(Math.max(1, milliseconds));
  const { formattedRecords, numberOfRecordsUpdated } = await client.send(command, { abortSignal });

  return { rows: formattedRecords, affected: numberOfRecordsUpdated ?? 0 };
}

function isResuming(error: unknown): boolean {
  return error instanceof Error && error.name === 'DatabaseResumingException';
}
