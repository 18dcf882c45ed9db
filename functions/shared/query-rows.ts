import { setTimeout as delay } from 'node:timers/promises';
import type { QueryResult } from '../../core/apic/data-api.ts';
import type { RenderedSql } from '../../core/apic/template-piece.ts';
import { type DataApiClient, dataApiClient } from './data-api-client.ts';
import { environment } from './environment.ts';

/** Between two attempts while a paused cluster resumes, in milliseconds: it takes about 15 s. */
const RESUME_PAUSE_MS = 1000;

let client: DataApiClient | undefined;

/**
 * Runs one statement and answers its rows as the text the Data API formats them to: parsed and written again, big numbers would lose digits.
 * Beside `database.ts` because a call of an API has its own clock: it waits for a resuming cluster, and for its statement, no longer than
 * `remainingMs` says, then throws.
 */
export async function queryRows({ sql, parameters }: RenderedSql, remainingMs: () => number): Promise<QueryResult> {
  const input = {
    resourceArn: environment('DATABASE_CLUSTER_ARN'),
    secretArn: environment('DATABASE_SECRET_ARN'),
    database: environment('DATABASE_NAME'),
    sql,
    parameters,
    formatRecordsAs: 'JSON',
  };
  for (;;) {
    try {
      return await execute(input, remainingMs());
    } catch (error) {
      // Refused before it ran, so it can be sent again, whatever it does.
      if (!isResuming(error) || remainingMs() <= RESUME_PAUSE_MS) {
        throw error;
      }
    }
    await delay(RESUME_PAUSE_MS);
  }
}

async function execute(input: object, milliseconds: number): Promise<QueryResult> {
  client ??= dataApiClient();
  // One attempt: a statement that changes rows must not run twice because an answer got lost.
  const answer = await client.send('Execute', input, { milliseconds: Math.max(1, milliseconds) });
  const { formattedRecords, numberOfRecordsUpdated } = answer;

  return { rows: formattedRecords as string | undefined, affected: Number(numberOfRecordsUpdated ?? 0) };
}

function isResuming(error: unknown): boolean {
  return error instanceof Error && error.name === 'DatabaseResumingException';
}
