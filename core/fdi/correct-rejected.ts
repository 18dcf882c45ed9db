import { Buffer } from 'node:buffer';
import { InvalidSetting, Refusal } from '../errors.ts';
import { type CsvLine, correctedRecord } from './run-file-line.ts';
import { isRunId } from './run-id.ts';
import type { TaskDatabase } from './shard-writer.ts';
import { longParameter, type Parameter, textParameter } from './statement.ts';

export interface RejectedCorrection {
  readonly task: string;
  readonly id: number;
  /** The corrected payload in base64; undefined takes the correction back. */
  readonly payload: string | undefined;
  /** Who corrects it. */
  readonly by: string;
}

/** As large as a message of a topic can be. */
const MAX_BYTES = 1024 * 1024;
const MAX_BY = 256;
const BASE64 = /^[A-Za-z0-9+/]*={0,2}$/;

/** The record as it was stays: its correction stands beside it, and another one takes the place of the first. */
const CORRECT_SQL = `UPDATE causeway.quarantine SET Correction = FROM_BASE64(:payload), CorrectedAt = UTC_TIMESTAMP(3), CorrectedBy = :by,
  Revision = Revision + 1 WHERE Task = :task AND Id = :id`;
const ORIGIN_SQL = `SELECT TraceId AS traceid, PartitionKey AS position, Origin AS origin
FROM causeway.quarantine WHERE Task = :task AND Id = :id`;
const TAKE_BACK_SQL = `UPDATE causeway.quarantine SET Correction = NULL, CorrectedAt = NULL, CorrectedBy = NULL,
  Revision = Revision + 1 WHERE Task = :task AND Id = :id`;

/**
 * A line of CSV that was no record is corrected to the line as it should be, or to an object of JSON.
 *
 * @returns of such a line what record it is now, as JSON
 * @throws Refusal CAUSEWAY.0404; InvalidSetting for what cannot be a payload
 */
export async function correctRejected(
  database: Pick<TaskDatabase, 'execute'>,
  { task, id, payload: given, by }: RejectedCorrection,
): Promise<string | undefined> {
  const own = [textParameter('task', task), longParameter('id', id)];
  const record = given === undefined ? undefined : await recordOf(database, own, checkPayload(given));
  const payload = record === undefined ? given : Buffer.from(record).toString('base64');
  const { updated } =
    payload === undefined
      ? await database.execute(TAKE_BACK_SQL, own)
      : await database.execute(CORRECT_SQL, [
          ...own,
          textParameter('payload', payload),
          textParameter('by', by.slice(0, MAX_BY)),
        ]);
  if (updated === 0) {
    throw new Refusal('CAUSEWAY.0404', { message: `The task ${task} has no quarantined record ${id}.` });
  }

  return record;
}

/** What a line of CSV is corrected to; undefined of all else, and of what is not there. @throws InvalidSetting */
async function recordOf(
  database: Pick<TaskDatabase, 'execute'>,
  own: readonly Parameter[],
  payload: string,
): Promise<string | undefined> {
  const { rows } = await database.execute(ORIGIN_SQL, own, { json: true });
  const [row] = rows;
  if (row === undefined || !isRunId(String(row['traceid']))) {
    return undefined;
  }
  const { csv } = JSON.parse(String(row['origin'] ?? '{}')) as { readonly csv?: CsvLine };

  return csv && correctedRecord(Buffer.from(payload, 'base64'), String(row['position']), csv);
}

function checkPayload(payload: string): string {
  const bytes = Buffer.byteLength(payload, 'base64');
  if (payload.length % 4 !== 0 || !BASE64.test(payload)) {
    throw new InvalidSetting('payload', `${payload.slice(0, 40)}…`, 'the bytes in base64');
  }
  if (bytes > MAX_BYTES) {
    throw new InvalidSetting('payload', `${bytes} bytes`, `at most ${MAX_BYTES} bytes`);
  }

  return payload;
}
