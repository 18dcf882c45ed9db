import type { RunDialect } from './run-dialect.ts';
import { type RunRow, type RunSession, type RunValue, statement } from './run-session.ts';
import type { TaskDatabase } from './shard-writer.ts';
import { longParameter, type Parameter, textParameter } from './statement.ts';
import { makeOwnTable } from './target-table.ts';

/** Where the positions of real-time tasks are kept that write into other databases: in these, beside their rows. */
export const FEED_POSITIONS = 'causeway_feed';

/** Whose position it is. */
export interface FeedKey {
  readonly task: string;
  readonly epoch: number;
  readonly shard: string;
}

/** How far a shard is; counts are of the whole epoch. */
export interface FeedPosition {
  /** The last record written, padded to 64 digits; '' before the first. */
  readonly sequence: string;
  readonly written: number;
  readonly quarantined: number;
  readonly bytes: number;
  /** Transactions, so that of two of a shard's positions the later one is known. */
  readonly batches: number;
  readonly busyMs: number;
}

/** What moves it. */
export interface FeedStep {
  readonly first: string;
  readonly last: string;
  readonly records: number;
  readonly rejected: number;
  readonly bytes: number;
  readonly busyMs: number;
}

const OWN = 'Task = ? AND Epoch = ? AND Shard = ?';
const FIELDS = `Seq AS seq, Written AS nwritten, Quarantined AS nquarantined, Bytes AS nbytes, Batches AS nbatches, BusyMs AS nbusy`;
const NOWHERE: FeedPosition = { sequence: '', written: 0, quarantined: 0, bytes: 0, batches: 0, busyMs: 0 };

/** As `causeway.position`, decision 0007: moved by a guarded update, in the transaction that writes the rows. */
function feedTable({ text }: Pick<RunDialect, 'text'>): string {
  return `CREATE TABLE IF NOT EXISTS ${FEED_POSITIONS} (
  Task VARCHAR(100) ${text.type} NOT NULL,
  Epoch INT NOT NULL,
  Shard VARCHAR(128) ${text.type} NOT NULL,
  Seq VARCHAR(64) ${text.type} NOT NULL,
  Written BIGINT NOT NULL,
  Quarantined BIGINT NOT NULL,
  Bytes BIGINT NOT NULL,
  Batches BIGINT NOT NULL,
  BusyMs BIGINT NOT NULL,
  UpdatedAt ${text.time} NOT NULL,
  PRIMARY KEY (Task, Epoch, Shard)
)`;
}

/** One shard's position in the target. Statements say what they do in the caller's transaction, if there is one. */
export class FeedPositions {
  readonly #key: FeedKey;
  readonly #own: readonly RunValue[];
  readonly #dialect: RunDialect;

  constructor(key: FeedKey, dialect: RunDialect) {
    this.#key = key;
    this.#own = [key.task, key.epoch, key.shard];
    this.#dialect = dialect;
  }

  /** Makes the table where it is missing. @throws InvalidSetting with the statement to be run by somebody who may */
  static prepare(session: RunSession, dialect: RunDialect, task: string): Promise<void> {
    return makeOwnTable(session, dialect, task, {
      name: FEED_POSITIONS,
      create: feedTable(dialect),
      probe: statement(`SELECT Seq AS seq FROM ${FEED_POSITIONS} WHERE ${OWN}`, [task, 0, '']),
    });
  }

  /** @param lock hold it until the transaction ends */
  async read(session: RunSession, { lock = false } = {}): Promise<FeedPosition | undefined> {
    const sql = `SELECT ${FIELDS} FROM ${FEED_POSITIONS} WHERE ${OWN}${lock ? ' FOR UPDATE' : ''}`;
    const [row] = await session.query(statement(sql, this.#own));

    return row && positionOf(row);
  }

  /** Makes the position where there is none. @param from where it begins: at a position that was kept elsewhere, or before the first record */
  async open(session: RunSession, from: FeedPosition = NOWHERE): Promise<void> {
    const { sequence, written, quarantined, bytes, batches, busyMs } = from;
    const insert = `INSERT INTO ${FEED_POSITIONS} (Task, Epoch, Shard, Seq, Written, Quarantined, Bytes, Batches, BusyMs, UpdatedAt)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ${this.#dialect.now})`;
    const values = [...this.#own, sequence, written, quarantined, bytes, batches, busyMs];
    await session.change(statement(this.#dialect.once(insert, 'Seq'), values));
  }

  /**
   * Moves it over records that lie wholly behind it, and holds it until the transaction ends: a second writer of the shard waits here.
   *
   * @returns false when some of them are written already (or the position is missing)
   */
  async advance(session: RunSession, step: FeedStep): Promise<boolean> {
    return (await this.#move(session, step, 'Seq = ?', ' AND Seq < ?', [step.first])) === 1;
  }

  /** For at-least-once: counts what is written, without guarding it. */
  async count(session: RunSession, step: FeedStep): Promise<boolean> {
    return (await this.#move(session, step, 'Seq = GREATEST(Seq, ?)', '', [])) === 1;
  }

  /** Counts records as written that were quarantined, in the transaction that writes them. @returns false where there is no position */
  async readmit(session: RunSession, records: number): Promise<boolean> {
    const sql = `UPDATE ${FEED_POSITIONS} SET Written = Written + ?, Quarantined = Quarantined - ?, Batches = Batches + 1,
  UpdatedAt = ${this.#dialect.now} WHERE ${OWN}`;

    return (await session.change(statement(sql, [records, records, ...this.#own]))) === 1;
  }

  #move(
    session: RunSession,
    step: FeedStep,
    seq: string,
    guard: string,
    guarded: readonly RunValue[],
  ): Promise<number> {
    const { last, records, rejected, bytes, busyMs } = step;
    const sql = `UPDATE ${FEED_POSITIONS} SET ${seq}, Written = Written + ?, Quarantined = Quarantined + ?, Bytes = Bytes + ?,
  Batches = Batches + 1, BusyMs = BusyMs + ?, UpdatedAt = ${this.#dialect.now} WHERE ${OWN}${guard}`;

    return session.change(
      statement(sql, [last, records - rejected, rejected, bytes, Math.round(busyMs), ...this.#own, ...guarded]),
    );
  }

  get key(): FeedKey {
    return this.#key;
  }
}

function positionOf(row: RunRow): FeedPosition {
  return {
    sequence: String(row['seq']),
    written: Number(row['nwritten']),
    quarantined: Number(row['nquarantined']),
    bytes: Number(row['nbytes']),
    batches: Number(row['nbatches']),
    busyMs: Number(row['nbusy']),
  };
}

const PLATFORM_OWN = 'Task = :task AND Epoch = :epoch AND Shard = :shard';

/** Absolute values, and never older ones than are there: it may be repeated, and come late. Assignments run from left to right. */
const COPY_SQL = `INSERT INTO causeway.position
  (Task, Epoch, Shard, Seq, Written, Quarantined, Bytes, Batches, BusyMs, StartedAt, UpdatedAt)
VALUES (:task, :epoch, :shard, :seq, :written, :quarantined, :bytes, :batches, :busy, UTC_TIMESTAMP(3), UTC_TIMESTAMP(3))
ON DUPLICATE KEY UPDATE Seq = IF(Batches < :batches, :seq, Seq), Written = IF(Batches < :batches, :written, Written),
  Quarantined = IF(Batches < :batches, :quarantined, Quarantined), Bytes = IF(Batches < :batches, :bytes, Bytes),
  BusyMs = IF(Batches < :batches, :busy, BusyMs), UpdatedAt = IF(Batches < :batches, UTC_TIMESTAMP(3), UpdatedAt),
  Batches = GREATEST(Batches, :batches)`;
const COPIED_SQL = `SELECT ${FIELDS} FROM causeway.position WHERE ${PLATFORM_OWN}`;

type Platform = Pick<TaskDatabase, 'execute'>;

/** Copies a position into the platform's database, where lists, the ledger and resets look for it. */
export async function copyPosition(platform: Platform, key: FeedKey, position: FeedPosition): Promise<void> {
  const { sequence, written, quarantined, bytes, batches, busyMs } = position;
  await platform.execute(COPY_SQL, [
    ...platformKey(key),
    textParameter('seq', sequence),
    longParameter('written', written),
    longParameter('quarantined', quarantined),
    longParameter('bytes', bytes),
    longParameter('batches', batches),
    longParameter('busy', busyMs),
  ]);
}

/** What was copied last, where the target itself has no position: of a task whose database is another one now. */
export async function copiedPosition(platform: Platform, key: FeedKey): Promise<FeedPosition | undefined> {
  const { rows } = await platform.execute(COPIED_SQL, platformKey(key), { json: true });

  return rows[0] && positionOf(rows[0]);
}

export function platformKey({ task, epoch, shard }: FeedKey): readonly Parameter[] {
  return [textParameter('task', task), longParameter('epoch', epoch), textParameter('shard', shard)];
}
