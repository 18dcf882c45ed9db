import { Buffer } from 'node:buffer';
import { InvalidSetting, Refusal } from '../errors.ts';
import { databaseTime, isoTime } from './database-time.ts';
import { isRunId } from './run-id.ts';
import type { TaskDatabase } from './shard-writer.ts';
import { longParameter, type Parameter, textParameter } from './statement.ts';

/** A record of the quarantine, as lists show it: without its payload. Times are ISO 8601, UTC. */
export interface RejectedRecord {
  readonly id: number;
  readonly quarantinedAt: string;
  /** When the broker received it; null for a record that no rule wrote, as all that follows but the code and the reason. */
  readonly eventTime: string | null;
  readonly productId: string | null;
  readonly deviceId: string | null;
  /** Of a scheduled task: the run that met it. */
  readonly traceId: string | null;
  /** Of a scheduled task: where it stands in its source, by key, line or page; null for a message, which its shard and sequence number find. */
  readonly position: string | null;
  readonly code: string;
  /** In a list, at most 300 characters of it. */
  readonly reason: string;
  /** Size of the payload. */
  readonly bytes: number;
  /** How often it was replayed and refused again; the code and the reason are of the last time. */
  readonly attempts: number;
  /** It has a corrected payload. */
  readonly corrected: boolean;
}

/** A record of the quarantine with all that is known of it. */
export interface RejectedDetails extends RejectedRecord {
  readonly task: string;
  readonly epoch: number;
  readonly shard: string;
  readonly sequenceNumber: string;
  readonly partitionKey: string;
  readonly mappingVersion: string;
  /** Of the product's thing model it was judged by; null when there was none. */
  readonly modelVersion: string | null;
  /** The payload's exact bytes in base64; the whole record's when no rule wrote it. */
  readonly body: string;
  /** What is replayed in place of the body, in base64; null when nothing is. */
  readonly correction: string | null;
  readonly correctedAt: string | null;
  readonly correctedBy: string | null;
  /** When it was last replayed and refused. */
  readonly attemptedAt: string | null;
}

export interface RejectedFilter {
  readonly code?: string;
  readonly device?: string;
  /** Quarantined from then on. */
  readonly since?: Date;
  /** Quarantined before. */
  readonly until?: Date;
  /** A text in the reason. */
  readonly reason?: string;
  /** Refused for this column, or this property of the model. */
  readonly column?: string;
}

type Database = Pick<TaskDatabase, 'execute'>;
type Row = Readonly<Record<string, unknown>>;

const FIELDS = `Id AS id, CAST(QuarantinedAt AS CHAR) AS quarantinedAt, CAST(EventTime AS CHAR) AS eventTime, ProductId AS productId,
  DeviceId AS deviceId, TraceId AS traceId, PartitionKey AS partitionKey, Code AS code, OCTET_LENGTH(Body) AS bytes,
  Attempts AS attempts, OCTET_LENGTH(Correction) AS correctionBytes`;
const DETAILS_SQL = `SELECT ${FIELDS}, Reason AS reason, Task AS task, Epoch AS epoch, Shard AS shard, Seq AS seq,
  MappingVersion AS mappingVersion, ModelVersion AS modelVersion,
  CAST(CorrectedAt AS CHAR) AS correctedAt, CorrectedBy AS correctedBy, CAST(AttemptedAt AS CHAR) AS attemptedAt
FROM causeway.quarantine WHERE Task = :task AND Id = :id`;
const pieceSql = (column: 'Body' | 'Correction') =>
  `SELECT SUBSTRING(${column}, :from, :length) AS piece FROM causeway.quarantine WHERE Task = :task AND Id = :id`;
/** The Data API takes at most 64 KB a row and answers bytes as base64, a third longer. */
const PIECE_BYTES = 45_000;

/**
 * One page of a task's quarantined records, the last first.
 *
 * @param next `next` of the page before
 * @throws InvalidSetting for a `next` that no page answered
 */
export async function listRejected(
  database: Database,
  task: string,
  filter: RejectedFilter,
  { limit, next }: { readonly limit: number; readonly next?: string },
): Promise<{ readonly items: readonly RejectedRecord[]; readonly next?: string }> {
  const conditions = [...conditionsOf(task, filter), ...(next === undefined ? [] : [behind(next)])];
  const { rows } = await database.execute(
    `SELECT ${FIELDS}, LEFT(Reason, 300) AS reason FROM causeway.quarantine
WHERE ${conditions.map(([sql]) => sql).join(' AND ')} ORDER BY QuarantinedAt DESC, Id DESC LIMIT :limit`,
    [...conditions.flatMap(([, ...parameters]) => parameters), longParameter('limit', limit + 1)],
    { json: true },
  );
  const items = rows.slice(0, limit).map(recordOf);
  const last = items.at(-1);

  return rows.length > limit && last !== undefined ? { items, next: pageToken(last) } : { items };
}

/** @throws Refusal CAUSEWAY.0404 */
export async function showRejected(database: Database, task: string, id: number): Promise<RejectedDetails> {
  const own = [textParameter('task', task), longParameter('id', id)];
  const { rows } = await database.execute(DETAILS_SQL, own, { json: true });
  const [row] = rows;
  if (row === undefined) {
    throw new Refusal('CAUSEWAY.0404', { message: `The task ${task} has no quarantined record ${id}.` });
  }
  const record = recordOf(row);
  const body = await readBytes(database, own, 'Body', record.bytes);
  const correction = record.corrected
    ? await readBytes(database, own, 'Correction', Number(row['correctionBytes']))
    : undefined;

  return {
    ...record,
    task: String(row['task']),
    epoch: Number(row['epoch']),
    shard: String(row['shard']),
    sequenceNumber: String(row['seq']).replace(/^0+(?=\d)/, ''),
    partitionKey: String(row['partitionKey']),
    mappingVersion: String(row['mappingVersion']),
    modelVersion: textOf(row['modelVersion']),
    body: body.toString('base64'),
    correction: correction?.toString('base64') ?? null,
    correctedAt: timeOf(row['correctedAt']),
    correctedBy: textOf(row['correctedBy']),
    attemptedAt: timeOf(row['attemptedAt']),
  };
}

/** The bytes of one column, in as many calls as the Data API's limits ask for. @param own `:task` and `:id` */
export async function readBytes(
  database: Database,
  own: readonly Parameter[],
  column: 'Body' | 'Correction',
  bytes: number,
): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for (let from = 0; from < bytes; from += PIECE_BYTES) {
    const place = [longParameter('from', from + 1), longParameter('length', PIECE_BYTES)];
    const { rows } = await database.execute(pieceSql(column), [...own, ...place], { json: true });
    pieces.push(Buffer.from(String(rows[0]?.['piece'] ?? ''), 'base64'));
  }

  return Buffer.concat(pieces);
}

/** Each condition with its parameters. */
export function conditionsOf(
  task: string,
  { code, device, since, until, reason, column }: RejectedFilter,
): readonly (readonly [sql: string, ...parameters: Parameter[]])[] {
  const text = (sql: string, name: string, value: string | undefined) =>
    value === undefined ? [] : [[sql, textParameter(name, value)] as const];
  const time = (value: Date | undefined) => value && databaseTime(value.getTime());

  return [
    ['Task = :task', textParameter('task', task)],
    ...text('Code = :code', 'code', code),
    ...text('DeviceId = :device', 'device', device),
    ...text('QuarantinedAt >= :since', 'since', time(since)),
    ...text('QuarantinedAt < :until', 'until', time(until)),
    ...text("Reason LIKE :reason ESCAPE '|'", 'reason', reason && `%${literal(reason)}%`),
    ...(column === undefined ? [] : [ofColumn(column)]),
  ];
}

/** As reasons name one: `Status: …` (ours), `… | status (enum): …` (the model's), `… column 'Status' …` (the database's). */
function ofColumn(column: string): readonly [string, ...Parameter[]] {
  const name = literal(column);
  const patterns = [`${name}: %`, `${name} (%): %`, `% || ${name} (%): %`, `%'${name}'%`, `%\`${name}\`%`];

  return [
    `(${patterns.map((_, at) => `Reason LIKE :column${at} ESCAPE '|'`).join(' OR ')})`,
    ...patterns.map((pattern, at) => textParameter(`column${at}`, pattern)),
  ];
}

function literal(text: string): string {
  return text.replace(/[|%_]/g, '|$&');
}

function behind(next: string): readonly [string, ...Parameter[]] {
  const { time, id } = pagePlace(next);

  return [
    '(QuarantinedAt < :lastTime OR (QuarantinedAt = :lastTime AND Id < :lastId))',
    textParameter('lastTime', databaseTime(time)),
    longParameter('lastId', id),
  ];
}

function pageToken({ quarantinedAt, id }: RejectedRecord): string {
  return Buffer.from(`${Date.parse(quarantinedAt)}-${id}`).toString('base64url');
}

function pagePlace(next: string): { readonly time: number; readonly id: number } {
  const match = /^(\d{1,15})-(\d{1,15})$/.exec(Buffer.from(next, 'base64url').toString('latin1'));
  if (match === null) {
    throw new InvalidSetting('next', next, 'the "next" of the page before');
  }

  return { time: Number(match[1]), id: Number(match[2]) };
}

function recordOf(row: Row): RejectedRecord {
  return {
    id: Number(row['id']),
    quarantinedAt: isoTime(row['quarantinedAt']),
    eventTime: timeOf(row['eventTime']),
    productId: textOf(row['productId']),
    deviceId: textOf(row['deviceId']),
    traceId: textOf(row['traceId']),
    position: isRunId(String(row['traceId'])) ? String(row['partitionKey']) : null,
    code: String(row['code']),
    reason: String(row['reason']),
    bytes: Number(row['bytes']),
    attempts: Number(row['attempts']),
    corrected: row['correctionBytes'] !== null && row['correctionBytes'] !== undefined,
  };
}

function timeOf(value: unknown): string | null {
  return value === null || value === undefined ? null : isoTime(value);
}

function textOf(value: unknown): string | null {
  return value === null || value === undefined ? null : String(value);
}
