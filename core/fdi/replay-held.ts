import { Refusal } from '../errors.ts';
import { conditionsOf, type RejectedFilter, readBytes } from './rejected-records.ts';
import { Rejection } from './rejection.ts';
import type { TaskDatabase } from './shard-writer.ts';
import { longParameter, type Parameter, textParameter } from './statement.ts';

/** What of a task's quarantine is replayed: these records, or all that the filter lets through. */
export interface ReplayRejectedRequest extends RejectedFilter {
  readonly ids?: readonly number[];
  /** From behind this record on. */
  readonly after?: number;
  /** Up to this record; without it, the newest one there is now. */
  readonly through?: number;
  /** Also where what is replayed may take the place of what is newer. */
  readonly overwrite?: boolean;
  /** Answer how many records there are to replay. */
  readonly count?: boolean;
}

export interface ReplayRejectedAnswer {
  /** They are where they belong (stale ones lost against newer rows), and have left the quarantine. */
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

/** A record of the quarantine, as it is replayed. */
export interface HeldRecord {
  readonly id: number;
  /** Counts its corrections. */
  readonly revision: number;
  readonly attempts: number;
  readonly epoch: number;
  readonly shard: string;
  readonly sequence: string;
  /** All that a replay selects of it. */
  readonly row: Readonly<Record<string, unknown>>;
  /** Its bytes in base64: the correction's where there is one. */
  readonly body: string;
}

/** What a record has become. */
export interface ReadAgain<Item> {
  readonly outcome: Item | Rejection;
  /** Version of the model it was judged by. */
  readonly model?: string | undefined;
}

export interface HeldItem<Item> {
  readonly held: HeldRecord;
  readonly item: Item;
}

export interface RefusedAgain {
  readonly held: HeldRecord;
  readonly rejection: Rejection;
  readonly model?: string | undefined;
}

/** How a task's records are replayed, wherever they go. */
export interface ReplayWay<Item> {
  readonly task: string;
  readonly mappingVersion: string;
  /** Why what is replayed could take the place of what is newer, and what can be done about it; undefined where it cannot. */
  readonly overwrites?: string | undefined;
  /** The most records of one call. @default - as many as the Data API answers */
  readonly most?: number;
  /** Takes those out of the quarantine that a call which did not come to its end had written. @returns their ids */
  readonly settle?: (page: readonly HeldRecord[]) => Promise<ReadonlySet<number>>;
  readonly read: (records: readonly HeldRecord[]) => Promise<readonly ReadAgain<Item>[]>;
  /**
   * Writes them, and takes them out of the quarantine.
   *
   * @param items in the order of their ids
   * @param done told of so many that have left it
   * @throws QuarantineChanged; else whatever the target says
   */
  readonly write: (items: readonly HeldItem<Item>[], done: (records: number) => void) => Promise<WrittenAgain<Item>>;
}

export interface WrittenAgain<Item> {
  readonly refused: readonly RefusedAgain[];
  /** From here on nothing was tried: the time was over. */
  readonly rest?: readonly HeldItem<Item>[];
}

/** The Data API answers at most 1 MiB at once, bytes as base64, a row of at most 64 KB. */
const MAX_RECORDS = 300;
const MAX_BYTES = 500_000;
const MAX_AT_ONCE_BYTES = 40_000;
const CONFLICTS = 5;

const PAGE_FIELDS = `Id AS id, Revision AS revision, Attempts AS attempts, Epoch AS epoch, Shard AS shard, Seq AS seq, PartitionKey AS partitionKey,
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

type Row = Readonly<Record<string, unknown>>;
type Platform = Pick<TaskDatabase, 'execute'>;

/** Somebody replayed or corrected one of the records since they were read. */
export class QuarantineChanged extends Error {
  override readonly name = 'QuarantineChanged';
}

/**
 * Replays some hundred records of a task's quarantine, the oldest first: through the task's present mapping, to where it writes. What is refused
 * again stays, with the new reason.
 *
 * @param platform the platform's database, which has the quarantine
 * @throws Refusal CAUSEWAY.0412 where a replayed record could take the place of a newer one, or what `way` throws
 */
export async function replayHeld<Item>(
  platform: Platform,
  way: ReplayWay<Item>,
  request: ReplayRejectedRequest,
): Promise<ReplayRejectedAnswer> {
  if (way.overwrites !== undefined && request.overwrite !== true) {
    throw new Refusal('CAUSEWAY.0412', { message: `${way.overwrites}, or say that it may (--overwrite).` });
  }
  const through = request.through ?? (await newest(platform, way.task));
  const bounded = { ...request, through };
  const matching = request.count === true ? await countOf(platform, way.task, bounded) : undefined;
  let written = 0;
  const done = (records: number) => {
    written += records;
  };
  for (let attempt = 1; ; attempt += 1) {
    try {
      const page = await replayPage(platform, way, bounded, done);

      return { written, ...page, through, ...(matching !== undefined && { matching }) };
    } catch (error) {
      if (!(error instanceof QuarantineChanged)) {
        throw error;
      }
      if (attempt === CONFLICTS) {
        const message = `Others replay or correct the same records of ${way.task}. Try again in a moment.`;
        throw new Refusal('CAUSEWAY.0423', { message, cause: error });
      }
    }
  }
}

/**
 * Writes all of them at once if that can be, else in halves down to those that are refused.
 *
 * @param attempt writes some, whole or not at all; answers what is wrong with one of them
 */
export async function writeInHalves<Item>(
  items: readonly HeldItem<Item>[],
  attempt: (items: readonly HeldItem<Item>[]) => Promise<Rejection | undefined>,
  done: (records: number) => void,
): Promise<WrittenAgain<Item>> {
  const [only, ...more] = items;
  if (only === undefined) {
    return { refused: [] };
  }
  const rejection = await attempt(items);
  if (rejection === undefined) {
    done(items.length);

    return { refused: [] };
  }
  if (more.length === 0) {
    return { refused: [{ held: only.held, rejection }] };
  }
  const middle = items.length >> 1;
  const before = await writeInHalves(items.slice(0, middle), attempt, done);
  const behind = await writeInHalves(items.slice(middle), attempt, done);

  return { refused: [...before.refused, ...behind.refused] };
}

/** Ids and revisions, as the statements take them that say which records are meant. */
export function takenText(records: readonly HeldRecord[]): string {
  return JSON.stringify(records.map(({ id, revision }) => [id, revision]));
}

async function newest(platform: Platform, task: string): Promise<number> {
  const sql = 'SELECT COALESCE(MAX(Id), 0) AS id FROM causeway.quarantine WHERE Task = :task';
  const { rows } = await platform.execute(sql, [textParameter('task', task)], { json: true });

  return Number(rows[0]?.['id'] ?? 0);
}

async function countOf(platform: Platform, task: string, request: ReplayRejectedRequest): Promise<number> {
  const [where, parameters] = selection(task, request);
  const { rows } = await platform.execute(`SELECT COUNT(*) AS n FROM causeway.quarantine WHERE ${where}`, parameters, {
    json: true,
  });

  return Number(rows[0]?.['n'] ?? 0);
}

function selection(task: string, request: ReplayRejectedRequest): readonly [string, readonly Parameter[]] {
  const { ids, after = 0, through = 0 } = request;
  const conditions = [
    ...conditionsOf(task, request),
    ['Id > :after', longParameter('after', after)] as const,
    ['Id <= :through', longParameter('through', through)] as const,
    ...(ids === undefined ? [] : [[`Id IN (${IDS})`, textParameter('ids', JSON.stringify(ids))] as const]),
  ];

  return [conditions.map(([sql]) => sql).join(' AND '), conditions.flatMap(([, ...parameters]) => parameters)];
}

async function replayPage<Item>(
  platform: Platform,
  way: ReplayWay<Item>,
  request: ReplayRejectedRequest,
  done: (records: number) => void,
): Promise<Pick<ReplayRejectedAnswer, 'refused' | 'missing' | 'next'>> {
  const [where, parameters] = selection(way.task, request);
  const most = Math.min(MAX_RECORDS, way.most ?? MAX_RECORDS);
  const { rows: found } = await platform.execute(
    `SELECT ${PAGE_FIELDS} FROM causeway.quarantine WHERE ${where} ORDER BY Id LIMIT :limit`,
    [...parameters, longParameter('limit', most + 1)],
    { json: true },
  );
  const page = await heldRecords(platform, way.task, found.slice(0, room(found, most)));
  const settled = (await way.settle?.(page)) ?? new Set();
  done(settled.size);
  const { refused, rest } = await writeAgain(
    way,
    page.filter(({ id }) => !settled.has(id)),
    done,
  );
  await noteRefused(platform, way, refused);
  const last = page.length < found.length ? page.at(-1)?.id : undefined;
  const next = rest === undefined ? last : rest - 1;
  const there = new Set(found.map((row) => Number(row['id'])));

  return {
    refused: refused.map(({ held, rejection }) => ({ id: held.id, ...reasonOf(rejection) })),
    missing: (request.ids ?? []).filter((id) => id > (request.after ?? 0) && id <= (next ?? id) && !there.has(id)),
    ...(next !== undefined && { next }),
  };
}

async function writeAgain<Item>(
  way: ReplayWay<Item>,
  page: readonly HeldRecord[],
  done: (records: number) => void,
): Promise<{ readonly refused: readonly RefusedAgain[]; readonly rest?: number | undefined }> {
  const read = await way.read(page);
  const items: HeldItem<Item>[] = [];
  const unread: RefusedAgain[] = [];
  const models = new Map<number, string | undefined>();
  for (const [at, held] of page.entries()) {
    const { outcome, model } = read[at] as ReadAgain<Item>;
    models.set(held.id, model);
    if (outcome instanceof Rejection) {
      unread.push({ held, rejection: outcome });
    } else {
      items.push({ held, item: outcome });
    }
  }
  const { refused, rest: [first] = [] } = await way.write(items, done);
  const rest = first?.held.id;

  return {
    refused: [...unread, ...refused]
      .filter(({ held }) => rest === undefined || held.id < rest)
      .map((one) => ({ ...one, model: models.get(one.held.id) }))
      .toSorted((a, b) => a.held.id - b.held.id),
    rest,
  };
}

/** How many of the records fit into one call; one always does. */
function room(found: readonly Row[], most: number): number {
  let bytes = 0;
  const over = found.findIndex((row) => {
    bytes += Number(row['bytes']);

    return bytes > MAX_BYTES;
  });

  return Math.min(most, over < 0 ? found.length : Math.max(1, over));
}

async function heldRecords(platform: Platform, name: string, page: readonly Row[]): Promise<readonly HeldRecord[]> {
  const task = textParameter('task', name);
  const sizes = page.map((row) => ({ id: Number(row['id']), bytes: Number(row['bytes']), row }));
  const small = sizes.filter(({ bytes }) => bytes <= MAX_AT_ONCE_BYTES);
  const bodies = new Map<number, string>();
  if (small.length > 0) {
    const ids = textParameter('ids', JSON.stringify(small.map(({ id }) => id)));
    const { rows } = await platform.execute(BODIES_SQL, [task, ids], { json: true });
    for (const row of rows) {
      bodies.set(Number(row['id']), String(row['body'] ?? ''));
    }
  }
  for (const { id, bytes, row } of sizes.filter((one) => one.bytes > MAX_AT_ONCE_BYTES)) {
    const column = Number(row['corrected']) === 1 ? 'Correction' : 'Body';
    const body = await readBytes(platform, [task, longParameter('id', id)], column, bytes);
    bodies.set(id, body.toString('base64'));
  }

  return sizes.map(({ id, row }) => ({
    id,
    revision: Number(row['revision']),
    attempts: Number(row['attempts']),
    epoch: Number(row['epoch']),
    shard: String(row['shard']),
    sequence: String(row['seq']),
    row,
    body: bodies.get(id) ?? '',
  }));
}

async function noteRefused<Item>(
  platform: Platform,
  { task, mappingVersion }: ReplayWay<Item>,
  refused: readonly RefusedAgain[],
): Promise<void> {
  if (refused.length === 0) {
    return;
  }
  const cells = refused.map(({ held, rejection, model }) => {
    const { code, reason } = reasonOf(rejection);

    return [held.id, held.revision, code, reason, model ?? null];
  });
  await platform.execute(REFUSED_SQL, [
    textParameter('task', task),
    textParameter('mapping', mappingVersion),
    textParameter('refused', JSON.stringify(cells)),
  ]);
}

function reasonOf({ code, reason }: Rejection): { readonly code: string; readonly reason: string } {
  return { code, reason: reason.slice(0, 1000).toWellFormed() };
}
