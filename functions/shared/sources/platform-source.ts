import { createHash, timingSafeEqual } from 'node:crypto';
import type { ColumnMetadata, Field } from '@aws-sdk/client-rds-data';
import { isOn, type SourceAddress } from '../../../core/apic/script/jdbc-url.ts';
import { namedStatement } from '../../../core/apic/script/positional.ts';
import { exactNumber } from '../../../core/apic/script/source-value.ts';
import { type DataApiClient, DataApiError, dataApiClient } from '../data-api-client.ts';
import { environment } from '../environment.ts';
import { readSecret, SECRET_CACHE_MS } from '../secrets.ts';
import { ResultRows } from './result-rows.ts';
import { SourceFailed, type SourceSession, within } from './source.ts';

/** `host:port`; absent in functions that were not given the database. */
const ENDPOINT = 'DATABASE_ENDPOINT';
/** Between two attempts while a paused cluster resumes; it takes about 15 s. */
const RESUME_PAUSE_MS = 1000;
const BEGIN = /^\s*(?:BEGIN(?:\s+WORK)?|START\s+TRANSACTION)\s*;?\s*$/i;
const COMMIT = /^\s*COMMIT(?:\s+WORK)?\s*;?\s*$/i;
const ROLLBACK = /^\s*ROLLBACK(?:\s+WORK)?\s*;?\s*$/i;
/** What would change a session that the Data API may give to somebody else next. */
const OF_SESSION =
  /^\s*(?:SET|USE|LOCK|UNLOCK|PREPARE|XA|BEGIN|START|COMMIT|ROLLBACK|HANDLER)\b|\bTEMPORARY\b|\b(?:GET|RELEASE)_LOCK\s*\(/i;
const NUMBERS = /^(?:TINYINT|SMALLINT|MEDIUMINT|INT|INTEGER|BIGINT|DECIMAL)\b/i;

let client: DataApiClient | undefined;

/** The platform's own database, by the name its clients know it by. */
export function isPlatformEndpoint({ kind, host, port }: SourceAddress): boolean {
  return kind === 'mysql' && process.env[ENDPOINT] === `${host}:${port}`;
}

/**
 * The platform's database for the user this function works as: over the Data API, since a function outside the network reaches it no other way.
 * What is open at the end is rolled back.
 *
 * @returns undefined for another user, who needs the driver
 * @throws SourceFailed for a wrong password
 */
export async function platformSession(
  address: SourceAddress,
  login: { readonly user: string; readonly password: string },
): Promise<SourceSession | undefined> {
  const secret = await readSecret<{ username: string; password: string }>(environment('DATABASE_SECRET_ARN'), {
    maxAgeMs: SECRET_CACHE_MS,
  });
  if (secret === undefined || secret.username !== login.user) {
    return undefined;
  }
  if (!isSame(secret.password, login.password)) {
    throw new SourceFailed(`Access denied for user '${login.user}' (using password: ${login.password ? 'YES' : 'NO'})`);
  }

  return dataApiSession(address);
}

function dataApiSession({ database, options }: SourceAddress): SourceSession {
  const source = { resourceArn: environment('DATABASE_CLUSTER_ARN'), secretArn: environment('DATABASE_SECRET_ARN') };
  const target = { ...source, database: database === '' ? environment('DATABASE_NAME') : database };
  const tinyIsBoolean = isOn(options, 'tinyInt1isBit', true);
  client ??= dataApiClient();
  const { send } = client;
  let transactionId: string | undefined;

  async function end(operation: 'CommitTransaction' | 'RollbackTransaction'): Promise<void> {
    const id = transactionId;
    transactionId = undefined;
    if (id !== undefined) {
      await send(operation, { ...source, transactionId: id });
    }
  }

  async function run(statement: string, values: Parameters<SourceSession['execute']>[1]): Promise<unknown> {
    if (BEGIN.test(statement)) {
      await end('CommitTransaction');
      transactionId = String((await send('BeginTransaction', target))['transactionId']);
      return 0;
    }
    if (COMMIT.test(statement) || ROLLBACK.test(statement)) {
      await end(COMMIT.test(statement) ? 'CommitTransaction' : 'RollbackTransaction');
      return 0;
    }
    if (OF_SESSION.test(statement)) {
      throw new SourceFailed(
        "the platform's database has no session between statements: SET, USE, locks and temporary tables work with other databases only; START TRANSACTION, COMMIT and ROLLBACK work",
      );
    }
    const answer = await send('Execute', {
      ...target,
      ...namedStatement(statement, values),
      ...(transactionId !== undefined && { transactionId }),
      includeResultMetadata: true,
      // As text, so that no digit is lost on the way.
      resultSetOptions: { longReturnType: 'STRING', decimalReturnType: 'STRING' },
    });

    return resultOf(answer, tinyIsBoolean);
  }

  return {
    usable: true,
    async execute(statement, values, timeMs) {
      const deadline = performance.now() + timeMs;
      const late = () => new SourceFailed(`the statement was given up after ${Math.round(timeMs)} ms`);
      try {
        return await within(
          timeMs,
          onceAwake(deadline, () => run(statement, values)),
          late,
        );
      } catch (error) {
        throw error instanceof SourceFailed ? error : failureOf(error);
      }
    },
    reset: () => end('RollbackTransaction'),
    close() {
      // A transaction left open ends by itself after three minutes.
      end('RollbackTransaction').catch(() => undefined);
    },
  };
}

/** Repeats a call that a paused cluster refused: it was not run, so it can be sent again. */
async function onceAwake<Answer>(deadline: number, call: () => Promise<Answer>): Promise<Answer> {
  for (;;) {
    try {
      return await call();
    } catch (error) {
      const resuming = error instanceof DataApiError && error.name === 'DatabaseResumingException';
      if (!resuming || performance.now() + RESUME_PAUSE_MS > deadline) {
        throw error;
      }
    }
    await new Promise((resolve) => setTimeout(resolve, RESUME_PAUSE_MS));
  }
}

function resultOf(answer: Readonly<Record<string, unknown>>, tinyIsBoolean: boolean): unknown {
  const columns = answer['columnMetadata'] as readonly ColumnMetadata[] | undefined;
  if (columns === undefined || columns.length === 0) {
    return Number(answer['numberOfRecordsUpdated'] ?? 0);
  }
  const result = new ResultRows(columns.map(({ label, name }) => label ?? name ?? ''));
  for (const record of (answer['records'] ?? []) as readonly (readonly Field[])[]) {
    result.add(record.map((field, index) => fieldValue(field, columns[index]?.typeName ?? '', tinyIsBoolean)));
  }

  return result.rows;
}

/** What the driver would have answered. */
function fieldValue(field: Field, typeName: string, tinyIsBoolean: boolean): unknown {
  const { isNull, booleanValue, doubleValue, longValue, stringValue, blobValue } = field;
  if (isNull === true) {
    return null;
  }
  if (booleanValue !== undefined) {
    return tinyIsBoolean ? booleanValue : Number(booleanValue);
  }
  if (stringValue !== undefined) {
    return NUMBERS.test(typeName) ? exactNumber(stringValue) : yearOr(stringValue, typeName);
  }

  // Bytes come as base64 text, and stay it.
  return doubleValue ?? longValue ?? blobValue ?? null;
}

function yearOr(text: string, typeName: string): unknown {
  return typeName === 'YEAR' ? Number(text.slice(0, 4)) : text;
}

function failureOf(cause: unknown): SourceFailed {
  const message = cause instanceof Error ? cause.message : String(cause);

  return new SourceFailed(message, { cause });
}

/** Takes the same time whatever is wrong. */
function isSame(one: string, other: string): boolean {
  const hash = (text: string) => createHash('sha256').update(text).digest();

  return timingSafeEqual(hash(one), hash(other));
}
