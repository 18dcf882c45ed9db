import { setTimeout as delay } from 'node:timers/promises';
import type { SourceSession } from '../../core/fdi/test-database.ts';
import { type DataApiClient, dataApiClient } from './data-api-client.ts';

export interface SourceTarget {
  readonly resourceArn: string;
  readonly secretArn: string;
  readonly database: string;
}

/** Between two attempts while a paused cluster resumes; it takes about 15 s. */
const RESUME_PAUSE_MS = 1000;

let client: DataApiClient | undefined;

/**
 * A way into a database over the Data API for a test of it. Beside `database.ts` because a test has several users, and a resuming cluster is
 * waited for only until `deadline` (milliseconds since 1970): then that is the answer.
 */
export function sourceSession({ database, ...source }: SourceTarget, deadline: number): SourceSession {
  client ??= dataApiClient();
  const { send } = client;
  const execute = (sql: string, options: object = {}) =>
    onceAwake(deadline, () => send('Execute', { ...source, database, sql, ...options }));

  return {
    async query(sql, parameters = []) {
      const { formattedRecords } = await execute(sql, { formatRecordsAs: 'JSON', parameters });

      return typeof formattedRecords === 'string' ? JSON.parse(formattedRecords) : [];
    },
    async tryOut(statements) {
      const { transactionId } = await onceAwake(deadline, () => send('BeginTransaction', { ...source, database }));
      try {
        for (const sql of statements) {
          await execute(sql, { transactionId });
        }
      } finally {
        // What it would have kept alive ends by itself after three minutes.
        await send('RollbackTransaction', { ...source, transactionId }).catch(() => undefined);
      }
    },
  };
}

async function onceAwake<Answer>(deadline: number, call: () => Promise<Answer>): Promise<Answer> {
  for (;;) {
    try {
      return await call();
    } catch (error) {
      const resuming = error instanceof Error && error.name === 'DatabaseResumingException';
      if (!resuming || Date.now() + RESUME_PAUSE_MS > deadline) {
        throw error;
      }
    }
    await delay(RESUME_PAUSE_MS);
  }
}
