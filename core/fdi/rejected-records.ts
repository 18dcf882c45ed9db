import { Buffer } from 'node:buffer';
import { InvalidSetting, Refusal } from '../errors.ts';
import { databaseTime, isoTime } from './database-time.ts';
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
  readonly traceId: string | null;
  readonly code: string;
  /** In a list, at most 300 characters of it. */
  readonly reason: string;
  /** Size of the payload. */
  readonly bytes: number;
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
}

export interface RejectedFilter {
  readonly code?: string;
  readonly device?: string;
  /** Quarantined from then on. */
  readonly since?: Date;
  /** Quarantined before. */
  readonly until?: Date;
}

type Database = Pick<TaskDatabase, 'execute'>;
type Row = Readonly<Record<string, unknown>>;

const FIELDS = `Id AS id, CAST(QuarantinedAt AS CHAR) AS quarantinedAt, CAST(EventTime AS CHAR) AS eventTime, ProductId AS productId,
  DeviceId AS deviceId, TraceId AS traceId, Code AS code, OCTET_LENGTH(Body) AS bytes`;
const DETAILS_SQL = `SELECT ${FIELDS}, Reason AS reason, Task AS task, Epoch AS epoch, Shard AS shard, Seq AS seq,
  PartitionKey AS partitionKey, MappingVersion AS mappingVersion, ModelVersion AS modelVersion
FROM causeway.quarantine WHERE Task = :task AND Id = :id`;
const PIECE_SQL =
  'SELECT SUBSTRING(Body, :from, :length) AS piece FROM causeway.quarantine WHERE Task = :task AND Id = :id';
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
  const conditions = conditionsOf(task, filter, next);
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
  const pieces: Buffer[] = [];
  for (let from = 0; from < record.bytes; from += PIECE_BYTES) {
    const place = [longParameter('from', from + 1), longParameter('length', PIECE_BYTES)];
    const { rows: found } = await database.execute(PIECE_SQL, [...own, ...place], { json: true });
    pieces.push(Buffer.from(String(found[0]?.['piece'] ?? ''), 'base64'));
  }

  return {
    ...record,
    task: String(row['task']),
    epoch: Number(row['epoch']),
    shard: String(row['shard']),
    sequenceNumber: String(row['seq']).replace(/^0+(?=\d)/, ''),
    partitionKey: String(row['partitionKey']),
    mappingVersion: String(row['mappingVersion']),
    modelVersion: textOf(row['modelVersion']),
    body: Buffer.concat(pieces).toString('base64'),
  };
}

/** Each condition with its parameters. */
function conditionsOf(
  task: string,
  { code, device, since, until }: RejectedFilter,
  next: string | undefined,
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
    ...(next === undefined ? [] : [behind(next)]),
  ];
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
    eventTime: row['eventTime'] === null || row['eventTime'] === undefined ? null : isoTime(row['eventTime']),
    productId: textOf(row['productId']),
    deviceId: textOf(row['deviceId']),
    traceId: textOf(row['traceId']),
    code: String(row['code']),
    reason: String(row['reason']),
    bytes: Number(row['bytes']),
  };
}

function textOf(value: unknown): string | null {
  return value === null || value === undefined ? null : String(value);
}
