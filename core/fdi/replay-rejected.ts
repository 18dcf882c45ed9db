import { Refusal } from '../errors.ts';
import type { Envelope } from '../mqs/envelope.ts';
import { databaseFault, type FaultKind } from './database-fault.ts';
import { loadOf } from './load.ts';
import type { TaskPlan } from './plan.ts';
import { NO_FUNCTION, QUARANTINE_CHANGED } from './readmit-function.ts';
import { conditionsOf, type RejectedFilter, readBytes } from './rejected-records.ts';
import { Rejection } from './rejection.ts';
import type { Entry, StreamRecord } from './row.ts';
import type { TaskDatabase } from './shard-writer.ts';
import { longParameter, type Parameter, textParameter } from './statement.ts';
import type { TopicImages, Writing } from './topic-images.ts';

/** What of a task's quarantine is replayed: these records, or all that the filter lets through. */
export interface ReplayRejectedRequest extends RejectedFilter {
  readonly ids?: readonly number[];
  /** From behind this record on. */
  readonly after?: number;
  /** Up to this record; without it, the newest one there is now. */
  readonly through?: number;
  /** Also into a table that keeps the last state without an event time: what is replayed takes the place of what is there. */
  readonly overwrite?: boolean;
  /** Answer how many records there are to replay. */
  readonly count?: boolean;
}

export interface ReplayRejectedAnswer {
  /** Rows of theirs are in the table (stale ones lost against newer rows), and they have left the quarantine. */
  readonly written: number;
  /** They stay, with these reasons. */
  readonly refused: readonly { readonly id: number; readonly code: string; readonly reason: string }[];
  /** Of `ids`, those that the task's quarantine does not have (any more). */
  readonly missing: readonly number[];
  readonly through: number;
  readonly matching?: number;
  /** `after` of the next call; absent at the end. */
  readonly next?: number;
}

export interface ReplayRejectedPorts {
  readonly database: TaskDatabase;
  readonly plan: TaskPlan;
  readonly batch: string;
  /** Reads records with the plan, by the models that count now. */
  readonly read: (records: readonly StreamRecord[]) => Promise<readonly Entry[]>;
  /** Of a record that was quarantined by a release which did not keep it. */
  readonly clientIdOf: (productId: string, deviceId: string) => string;
  readonly pause: (milliseconds: number) => Promise<void>;
  readonly random: () => number;
}

interface Held {
  readonly id: number;
  readonly revision: number;
  readonly bytes: number;
  readonly corrected: boolean;
  readonly row: Readonly<Record<string, unknown>>;
}

interface ReadmitStatement extends Omit<Writing, 'database' | 'transactionId'> {
  readonly sql: string;
  readonly parameters: readonly Parameter[];
}

interface HeldEntry {
  readonly held: Held;
  readonly entry: Entry;
}

/** The Data API answers at most 1 MiB at once, bytes as base64, a row of at most 64 KB. */
const MAX_RECORDS = 300;
const MAX_BYTES = 500_000;
const MAX_AT_ONCE_BYTES = 40_000;
const WAITS: Partial<Record<FaultKind, readonly number[]>> = {
  deadlock: [10, 30, 90, 270, 800],
  lock: [100, 500],
  connection: [50, 400],
};
const CONFLICTS = 5;

const PAGE_FIELDS = `Id AS id, Revision AS revision, Epoch AS epoch, Shard AS shard, Seq AS seq, PartitionKey AS partitionKey,
  CAST(EventTime AS CHAR) AS eventTime, TraceId AS traceId, ProductId AS productId, DeviceId AS deviceId, Origin AS origin,
  Correction IS NOT NULL AS corrected, OCTET_LENGTH(COALESCE(Correction, Body)) AS bytes`;
const IDS = "SELECT id FROM JSON_TABLE(:ids, '$[*]' COLUMNS(id BIGINT UNSIGNED PATH '$' ERROR ON ERROR)) j";
const BODIES_SQL = `SELECT Id AS id, COALESCE(Correction, Body) AS body FROM causeway.quarantine
WHERE Task = :task AND Id IN (${IDS})`;
const REFUSED_SQL = `UPDATE causeway.quarantine q JOIN JSON_TABLE(:refused, '$[*]' COLUMNS(
  id BIGINT UNSIGNED PATH '$[0]' ERROR ON ERROR, revision INT UNSIGNED PATH '$[1]' ERROR ON ERROR,
  code VARCHAR(40) PATH '$[2]' ERROR ON ERROR, reason TEXT PATH '$[3]' ERROR ON ERROR,
  model VARCHAR(12) PATH '$[4]' ERROR ON ERROR)) j ON q.Id = j.id AND q.Revision = j.revision
SET q.Code = j.code, q.Reason = j.reason, q.ModelVersion = j.model, q.MappingVersion = :mapping,
  q.Attempts = q.Attempts + 1, q.AttemptedAt = UTC_TIMESTAMP(3)
WHERE q.Task = :task`;

/** Somebody replayed or corrected one of the records since they were read. */
class QuarantineChanged extends Error {
  override readonly name = 'QuarantineChanged';
}

/**
 * Replays some hundred records of a task's quarantine, the oldest first: through the task's present mapping, into its table. Row, position and
 * quarantine change in one statement, so that a call which is killed anywhere, or runs beside another, neither loses a record nor writes it
 * twice, and the ledger goes on adding up. What is refused again stays, with the new reason.
 *
 * @throws Refusal CAUSEWAY.0412 where a replayed row could take the place of a newer one, or the database does not do its part
 */
export async function replayRejected(
  ports: ReplayRejectedPorts,
  request: ReplayRejectedRequest,
): Promise<ReplayRejectedAnswer> {
  requireGuard(ports.plan, request);
  const through = request.through ?? (await newest(ports));
  const bounded = { ...request, through };
  const matching = request.count === true ? await countOf(ports, bounded) : undefined;
  let written = 0;
  const count = (records: number) => {
    written += records;
  };
  for (let attempt = 1; ; attempt += 1) {
    try {
      const page = await replayPage({ ...ports, count }, bounded);

      return { written, ...page, through, ...(matching !== undefined && { matching }) };
    } catch (error) {
      if (!(error instanceof QuarantineChanged)) {
        throw error;
      }
      if (attempt === CONFLICTS) {
        const message = `Others replay or correct the same records of ${ports.plan.task.name}. Try again in a moment.`;
        throw new Refusal('CAUSEWAY.0423', { message, cause: error });
      }
    }
  }
}

/** Records come in any order here: only an event time tells which of two states is the last. */
function requireGuard({ task: { name, target } }: TaskPlan, { overwrite }: ReplayRejectedRequest): void {
  if (target.write === 'upsert' && target.eventTimeColumn === undefined && overwrite !== true) {
    throw new Refusal('CAUSEWAY.0412', {
      message: `${target.table} has no event time column: a replayed message could take the place of what came after it. Give the target of ${name} an eventTimeColumn, or say that it may (--overwrite).`,
    });
  }
}

async function newest({ database, plan }: ReplayRejectedPorts): Promise<number> {
  const sql = 'SELECT COALESCE(MAX(Id), 0) AS id FROM causeway.quarantine WHERE Task = :task';
  const { rows } = await database.execute(sql, [textParameter('task', plan.task.name)], { json: true });

  return Number(rows[0]?.['id'] ?? 0);
}

async function countOf({ database, plan }: ReplayRejectedPorts, request: ReplayRejectedRequest): Promise<number> {
  const [where, parameters] = selection(plan, request);
  const { rows } = await database.execute(`SELECT COUNT(*) AS n FROM causeway.quarantine WHERE ${where}`, parameters, {
    json: true,
  });

  return Number(rows[0]?.['n'] ?? 0);
}

function selection({ task }: TaskPlan, request: ReplayRejectedRequest): readonly [string, readonly Parameter[]] {
  const { ids, after = 0, through = 0 } = request;
  const conditions = [
    ...conditionsOf(task.name, request),
    ['Id > :after', longParameter('after', after)] as const,
    ['Id <= :through', longParameter('through', through)] as const,
    ...(ids === undefined ? [] : [[`Id IN (${IDS})`, textParameter('ids', JSON.stringify(ids))] as const]),
  ];

  return [conditions.map(([sql]) => sql).join(' AND '), conditions.flatMap(([, ...parameters]) => parameters)];
}

/** With a count of what is written: a part of a page may be when the rest of it has changed. */
interface CountedPorts extends ReplayRejectedPorts {
  readonly count: (records: number) => void;
}

async function replayPage(
  ports: CountedPorts,
  request: ReplayRejectedRequest,
): Promise<Pick<ReplayRejectedAnswer, 'refused' | 'missing' | 'next'>> {
  const { plan } = ports;
  const [where, parameters] = selection(plan, request);
  const { rows } = await ports.database.execute(
    `SELECT ${PAGE_FIELDS} FROM causeway.quarantine WHERE ${where} ORDER BY Id LIMIT :limit`,
    [...parameters, longParameter('limit', MAX_RECORDS + 1)],
    { json: true },
  );
  const found = rows.map(heldOf);
  const page = found.slice(0, room(found));
  const records = await recordsOf(ports, page);
  const entries = await ports.read(records);
  const pairs = page.map((held, at): HeldEntry => ({ held, entry: entries[at] as Entry }));
  const refused = await write(ports, pairs);
  await noteRefused(ports, refused);
  const next = page.length < found.length ? page.at(-1)?.id : undefined;
  const there = new Set(found.map(({ id }) => id));

  return {
    refused: refused.map(({ held, entry }) => ({ id: held.id, ...reasonOf(entry) })),
    missing: (request.ids ?? []).filter((id) => id > (request.after ?? 0) && id <= (next ?? id) && !there.has(id)),
    ...(next !== undefined && { next }),
  };
}

/** How many of the records fit into one call; one always does. */
function room(found: readonly Held[]): number {
  let bytes = 0;
  const over = found.findIndex((held) => {
    bytes += held.bytes;

    return bytes > MAX_BYTES;
  });

  return Math.min(MAX_RECORDS, over < 0 ? found.length : Math.max(1, over));
}

function heldOf(row: Readonly<Record<string, unknown>>): Held {
  return {
    id: Number(row['id']),
    revision: Number(row['revision']),
    bytes: Number(row['bytes']),
    corrected: Number(row['corrected']) === 1,
    row,
  };
}

async function recordsOf(ports: ReplayRejectedPorts, page: readonly Held[]): Promise<StreamRecord[]> {
  const { database, plan } = ports;
  const task = textParameter('task', plan.task.name);
  const small = page.filter(({ bytes }) => bytes <= MAX_AT_ONCE_BYTES);
  const bodies = new Map<number, string>();
  if (small.length > 0) {
    const ids = textParameter('ids', JSON.stringify(small.map(({ id }) => id)));
    const { rows } = await database.execute(BODIES_SQL, [task, ids], { json: true });
    for (const row of rows) {
      bodies.set(Number(row['id']), String(row['body'] ?? ''));
    }
  }
  for (const { id, bytes, corrected } of page.filter((held) => held.bytes > MAX_AT_ONCE_BYTES)) {
    const own = [task, longParameter('id', id)];
    const body = await readBytes(database, own, corrected ? 'Correction' : 'Body', bytes);
    bodies.set(id, body.toString('base64'));
  }

  return page.map((held) => recordOf(ports, held, bodies.get(held.id) ?? ''));
}

/** The record as it was when it was refused, with the corrected payload where there is one. */
function recordOf({ clientIdOf }: ReplayRejectedPorts, { row }: Held, raw: string): StreamRecord {
  const kinesis = {
    data: raw,
    sequenceNumber: String(row['seq']).replace(/^0+(?=\d)/, ''),
    partitionKey: String(row['partitionKey']),
  };
  const { origin, traceId, productId, deviceId, eventTime } = row;
  if (typeof origin === 'string') {
    return { kinesis, envelope: { raw, ...(JSON.parse(origin) as Omit<Envelope, 'raw'>) } };
  }
  if (typeof traceId !== 'string') {
    return { kinesis };
  }
  if (typeof eventTime !== 'string') {
    return { kinesis, envelope: 'its event time was not kept' };
  }
  const [product, device] = [String(productId ?? ''), String(deviceId ?? '')];
  const sender = { productId: product, deviceId: device, clientId: clientIdOf(product, device) };

  return { kinesis, envelope: { raw, ...sender, eventTime: Date.parse(`${eventTime.replace(' ', 'T')}Z`), traceId } };
}

/** Writes what can be: all at once, else in halves down to the record that the database refuses. Answers what is refused. */
async function write(ports: CountedPorts, pairs: readonly HeldEntry[]): Promise<readonly HeldEntry[]> {
  const good = pairs.filter(({ entry }) => !(entry.outcome instanceof Rejection));
  const refused = pairs.filter(({ entry }) => entry.outcome instanceof Rejection);
  const fault = good.length === 0 ? undefined : await readmit(ports, good);
  if (fault === undefined) {
    ports.count(good.length);

    return refused;
  }
  const [only, ...more] = good;
  if (only !== undefined && more.length === 0) {
    const outcome = new Rejection('database', fault);

    return [...refused, { held: only.held, entry: { ...only.entry, outcome } }];
  }
  const middle = good.length >> 1;
  const before = await write(ports, good.slice(0, middle));
  const behind = await write(ports, good.slice(middle));

  return [...refused, ...before, ...behind].toSorted((a, b) => a.held.id - b.held.id);
}

/** Answers what the database has against one of the rows; then nothing is written. */
async function readmit({ database, plan, batch, pause, random }: ReplayRejectedPorts, good: readonly HeldEntry[]) {
  const { statement, task } = plan;
  const load = loadOf(
    plan,
    good.map(({ entry }) => entry),
  );
  if (load.rows.length > 1) {
    return 'more than one call takes';
  }
  const {
    rows: [rows = '[]'],
    rowCount: count,
  } = load;
  const parameters = [
    textParameter('task', task.name),
    longParameter('records', good.length),
    textParameter('taken', JSON.stringify(good.map(({ held }) => [held.id, held.revision]))),
    ...statement.constants,
    ...(statement.usesBatchNumber ? [textParameter('batch', batch)] : []),
    textParameter('rows', rows),
  ];
  for (let attempt = 0; ; attempt += 1) {
    try {
      await (plan.images === undefined
        ? database.execute(statement.readmitting, parameters)
        : readmitKeeping(database, plan.images, { sql: statement.readmitting, parameters, rows, count, batch }));

      return undefined;
    } catch (error) {
      const { kind, errno = 0, message } = databaseFault(error);
      if (errno === QUARANTINE_CHANGED) {
        throw new QuarantineChanged(message, { cause: error });
      }
      if (NO_FUNCTION.has(errno)) {
        throw new Refusal('CAUSEWAY.0412', {
          message: `The database lacks the function that replays: ${message}. Deploy the platform again.`,
          cause: error,
        });
      }
      if (kind === 'data' || kind === 'slow') {
        return message;
      }
      const wait = WAITS[kind]?.[attempt];
      if (wait === undefined) {
        throw error;
      }
      await pause(wait * (0.5 + random()));
    }
  }
}

/** The same in a transaction, with what the rows were before: a batch that was replayed can be undone, too. */
async function readmitKeeping(
  database: TaskDatabase,
  images: TopicImages,
  { sql, parameters, ...written }: ReadmitStatement,
): Promise<void> {
  await images.ready(database);
  const transactionId = await database.begin();
  try {
    await images.around({ ...written, database, transactionId }, () =>
      database.execute(sql, parameters, { transactionId }),
    );
    await database.commit(transactionId);
  } catch (error) {
    await database.rollback(transactionId).catch(() => undefined);
    throw error;
  }
}

async function noteRefused({ database, plan }: ReplayRejectedPorts, refused: readonly HeldEntry[]): Promise<void> {
  if (refused.length === 0) {
    return;
  }
  const cells = refused.map(({ held, entry }) => {
    const { code, reason } = reasonOf(entry);

    return [held.id, held.revision, code, reason, entry.model ?? null];
  });
  await database.execute(REFUSED_SQL, [
    textParameter('task', plan.task.name),
    textParameter('mapping', plan.mappingVersion),
    textParameter('refused', JSON.stringify(cells)),
  ]);
}

function reasonOf({ outcome }: Entry): { readonly code: string; readonly reason: string } {
  const { code, reason } = outcome as Rejection;

  return { code, reason: reason.slice(0, 1000).toWellFormed() };
}
