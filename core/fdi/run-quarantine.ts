import { Buffer } from 'node:buffer';
import { createHash } from 'node:crypto';
import { MASK, maskFields } from '../mqs/mask-fields.ts';
import { MAX_ORIGIN_BYTES, QUARANTINE_COLUMNS, type QuarantineCells, quarantineRows } from './quarantine.ts';
import type { RejectedRecord, RunQuarantine, SourceRecord } from './run-ports.ts';
import { type RunSession, statement } from './run-session.ts';

/** Runs write in no epoch of their own. */
export const RUN_EPOCH = 1;
const WIDTHS = { shard: 128, position: 256, reason: 1000 };
/** One call of the Data API takes 4 MiB, as JSON. */
const MAX_TEXT = 1.5 * 1024 * 1024;

const PUT_SQL = `INSERT INTO causeway.quarantine (${QUARANTINE_COLUMNS})
SELECT ?, ${RUN_EPOCH}, ?, ${quarantineRows('?', '?')}
WHERE NOT EXISTS (SELECT 1 FROM causeway.quarantine q
  WHERE q.Task = ? AND q.Epoch = ${RUN_EPOCH} AND q.Shard = ? AND q.Seq = CONVERT(j.seq USING ascii) COLLATE ascii_bin)
AND NOT EXISTS (SELECT 1 FROM causeway.replayed d
  WHERE d.Task = ? AND d.Shard = ? AND d.Seq = CONVERT(j.seq USING ascii) COLLATE ascii_bin)`;

/**
 * Records of scheduled tasks in the platform's quarantine, beside those of topics: the source in place of the shard, the position in place of the
 * partition key, the run in place of the trace id, the record as JSON for its bytes, its source's key for its origin, or what a line of its file is read by. What was replayed does not
 * come again while its source has it as it was.
 *
 * @param session of the platform's database; the target's transaction may be in another one, so what is put twice is kept once
 * @param masked fields whose values are stored nowhere
 */
export function runQuarantine(
  session: () => Promise<RunSession>,
  task: string,
  source: string,
  masked: readonly string[] = [],
): RunQuarantine {
  const shard = source.slice(0, WIDTHS.shard);

  return {
    async put(run, mappingVersion, rejected) {
      const database = await session();
      for (const rows of pieces(rejected.map((entry) => cellsOf(run, entry, masked)))) {
        const own = [task, shard];
        await database.change(statement(PUT_SQL, [...own, mappingVersion, JSON.stringify(rows), ...own, ...own]));
      }
    },
  };
}

function cellsOf(
  run: string,
  { record: { position, value, key, csv }, rejection }: RejectedRecord,
  masked: readonly string[],
): QuarantineCells {
  const whole = bodyOf(value);
  const text = masked.length === 0 ? whole : (maskFields(whole, masked) ?? MASK);
  // What is read again as it was, run after run, is one record.
  const sequence = createHash('sha256').update(`${position}\0${text}`).digest('hex');
  const body = Buffer.from(text).toString('base64');

  return [
    sequence,
    fitted(position, WIDTHS.position),
    null,
    run,
    null,
    null,
    rejection.code,
    fitted(rejection.reason, WIDTHS.reason),
    null,
    body,
    masked.length > 0 ? null : originOf({ ...(key !== undefined && { key }), ...(csv && { csv }) }),
  ];
}

function originOf(origin: Pick<SourceRecord, 'key' | 'csv'>): string | null {
  const text = JSON.stringify(origin);

  // What is not kept of a line can be corrected as an object.
  return text === '{}' || Buffer.byteLength(text) > MAX_ORIGIN_BYTES ? null : text;
}

function bodyOf(value: unknown): string {
  try {
    return JSON.stringify(value) ?? String(value);
  } catch {
    // Nested too deep to be written: what it is shows in its position.
    return String(value);
  }
}

function pieces(rows: readonly QuarantineCells[]): readonly (readonly QuarantineCells[])[] {
  const size = rows.reduce((sum, row) => sum + row.reduce((inner, cell) => inner + (cell?.length ?? 4) + 3, 0), 0);
  if (rows.length <= 1 || size <= MAX_TEXT) {
    return [rows];
  }
  const middle = rows.length >> 1;

  return [...pieces(rows.slice(0, middle)), ...pieces(rows.slice(middle))];
}

function fitted(text: string, width: number): string {
  return text.slice(0, width).toWellFormed();
}
