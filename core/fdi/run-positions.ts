import type { RunDialect } from './run-dialect.ts';
import {
  type BusyRun,
  type Checkpoint,
  type ClaimedRun,
  type ClaimRequest,
  type EndedRun,
  Fenced,
  NO_COUNTS,
  type RunCounts,
} from './run-ports.ts';
import { type RunRow, type RunSession, statement } from './run-session.ts';
import { makeOwnTable } from './target-table.ts';

/** How long a process that says nothing more keeps its task: as long as a page or a heartbeat may take. */
export const LEASE_SECONDS = 60;

/** Where the places of scheduled tasks are kept: in the platform's schema, or in the target's own database. */
export const PLATFORM_POSITIONS = 'causeway.run_position';
export const EXTERNAL_POSITIONS = 'causeway_position';

/** The statement that makes it, for whoever owns a target whose user may make no tables. */
export function positionTable(table: string, { text }: RunDialect): string {
  return `CREATE TABLE IF NOT EXISTS ${table} (
  Task VARCHAR(100) ${text.type} NOT NULL PRIMARY KEY,
  Fence BIGINT NOT NULL,
  Run VARCHAR(40) ${text.type} NOT NULL,
  HeldUntil ${text.time} NULL,
  Waiting INT NOT NULL,
  Place ${text.long} NULL,
  Mark ${text.long} NULL,
  RowsRead BIGINT NOT NULL,
  RowsWritten BIGINT NOT NULL,
  RowsUnchanged BIGINT NOT NULL,
  RowsRejected BIGINT NOT NULL,
  BytesRead BIGINT NOT NULL,
  UpdatedAt ${text.time} NOT NULL
)`;
}

/** What moves with a page. */
export interface Step extends RunCounts {
  readonly checkpoint: Checkpoint;
}

/**
 * A task's place in one row. `Run` is its run under way, empty for none; `Fence` grows whenever a process takes the task, and only who has the
 * last number writes. `Waiting` is how many were told to wait: a run is owed until one begins, so that it is neither lost nor doubled with the
 * process that was to call it. Statements say what they do in the caller's transaction, if there is one.
 */
export class RunPositions {
  readonly #task: string;
  readonly #table: string;
  readonly #dialect: RunDialect;
  #fence = 0;
  #run = '';

  constructor(task: string, table: string, dialect: RunDialect) {
    this.#task = task;
    this.#table = table;
    this.#dialect = dialect;
  }

  /** Makes the table where it is missing, and the task's row in it. @throws InvalidSetting with the statement to be run by somebody who may */
  async prepare(session: RunSession): Promise<void> {
    await makeOwnTable(session, this.#dialect, this.#task, {
      name: this.#table,
      create: positionTable(this.#table, this.#dialect),
      probe: statement(`SELECT Task AS task FROM ${this.#table} WHERE Task = ?`, [this.#task]),
    });
    const insert = `INSERT INTO ${this.#table} (Task, Fence, Run, HeldUntil, Waiting, Place, Mark, RowsRead, RowsWritten, RowsUnchanged, RowsRejected, BytesRead, UpdatedAt)
VALUES (?, 0, '', NULL, 0, NULL, NULL, 0, 0, 0, 0, 0, ${this.#dialect.now})`;
    await session.change(statement(this.#dialect.once(insert, 'Task'), [this.#task]));
  }

  /** Takes the task; in a transaction of its own. */
  async claim(session: RunSession, request: ClaimRequest): Promise<ClaimedRun | BusyRun | EndedRun> {
    const { now } = this.#dialect;
    await session.begin();
    try {
      const [row = {}] = await session.query(
        statement(
          `SELECT Fence AS fence, Run AS run, Waiting AS waiting, Place AS place, Mark AS mark, RowsRead AS nread, RowsWritten AS nwritten,
  RowsUnchanged AS nunchanged, RowsRejected AS nrejected, BytesRead AS nbytes,
  CASE WHEN HeldUntil > ${now} THEN 1 ELSE 0 END AS held FROM ${this.#table} WHERE Task = ? FOR UPDATE`,
          [this.#task],
        ),
      );
      // Its own place it may take again, after a fault that passed.
      const isOwn = Number(row['fence']) === this.#fence;
      const isOther = Number(row['held']) === 1 && !isOwn;
      const place = { run: String(row['run']), waiting: Number(row['waiting']), place: row['place'], isOwn };
      const claimed =
        endedOf(request, { ...place, counts: countsOf(row) }) ??
        (isOther ? await this.#wait(session, row, request) : await this.#take(session, row, request));
      await session.commit();

      return claimed;
    } catch (error) {
      await session.rollback();
      throw error;
    }
  }

  /** Holds the row until the transaction ends. @throws Fenced */
  async lock(session: RunSession): Promise<{ readonly isAwaited: boolean }> {
    const [row = {}] = await session.query(
      statement(`SELECT Fence AS fence, Waiting AS waiting FROM ${this.#table} WHERE Task = ? FOR UPDATE`, [
        this.#task,
      ]),
    );
    if (Number(row['fence']) !== this.#fence) {
      throw this.#fenced();
    }

    return { isAwaited: Number(row['waiting']) > 0 };
  }

  /** Moves the place behind a page, and holds the row until the transaction ends. @throws Fenced */
  async advance(session: RunSession, { checkpoint, read, written, unchanged, rejected, bytes }: Step): Promise<void> {
    const { now } = this.#dialect;
    const changed = await session.change(
      statement(
        `UPDATE ${this.#table} SET Place = ?, RowsRead = RowsRead + ?, RowsWritten = RowsWritten + ?, RowsUnchanged = RowsUnchanged + ?,
  RowsRejected = RowsRejected + ?, BytesRead = BytesRead + ?, HeldUntil = ${this.#dialect.in(LEASE_SECONDS)}, UpdatedAt = ${now}
WHERE Task = ? AND Fence = ?`,
        [JSON.stringify(checkpoint), read, written, unchanged, rejected, bytes, this.#task, this.#fence],
      ),
    );
    if (changed !== 1) {
      // Of a statement that changes nothing some answer 0: the same place within one millisecond.
      await this.lock(session);
    }
  }

  async renew(session: RunSession): Promise<void> {
    await session.change(
      statement(
        `UPDATE ${this.#table} SET HeldUntil = ${this.#dialect.in(LEASE_SECONDS)} WHERE Task = ? AND Fence = ?`,
        [this.#task, this.#fence],
      ),
    );
  }

  /** Ends the run, in the caller's transaction, which holds the row. Who waits for it does so until a new run begins. */
  async finish(session: RunSession, mark: Checkpoint, owesRest: boolean): Promise<void> {
    await session.change(
      statement(
        `UPDATE ${this.#table} SET Run = '', Place = ?, Mark = ?, HeldUntil = NULL, UpdatedAt = ${this.#dialect.now}
WHERE Task = ? AND Fence = ?`,
        [endText(this.#run, owesRest), JSON.stringify(mark), this.#task, this.#fence],
      ),
    );
  }

  /** What follows a run that has ended was done. */
  async followed(session: RunSession, run: string): Promise<void> {
    await session.change(
      statement(`UPDATE ${this.#table} SET Place = ? WHERE Task = ? AND Run = '' AND Place = ?`, [
        ...[endText(run, false), this.#task, endText(run, true)],
      ]),
    );
  }

  async release(session: RunSession): Promise<void> {
    await session.change(
      statement(`UPDATE ${this.#table} SET HeldUntil = NULL WHERE Task = ? AND Fence = ?`, [this.#task, this.#fence]),
    );
  }

  async #take(session: RunSession, row: RunRow, request: ClaimRequest): Promise<ClaimedRun> {
    const { id } = request;
    const { now } = this.#dialect;
    const left = String(row['run'] ?? '');
    const isResumed = left !== '';
    const isToldToWait = isResumed && mustWait(request, left);
    this.#fence = Number(row['fence']) + 1;
    this.#run = isResumed ? left : id;
    const counters = isResumed
      ? 'Waiting = Waiting + ?,'
      : 'Waiting = ?, Place = NULL, RowsRead = 0, RowsWritten = 0, RowsUnchanged = 0, RowsRejected = 0, BytesRead = 0,';
    await session.change(
      statement(
        `UPDATE ${this.#table} SET Fence = ?, Run = ?, ${counters} HeldUntil = ${this.#dialect.in(LEASE_SECONDS)}, UpdatedAt = ${now} WHERE Task = ?`,
        [this.#fence, this.#run, isToldToWait ? 1 : 0, this.#task],
      ),
    );

    return {
      kind: 'claimed',
      run: this.#run,
      isResumed,
      ...(isToldToWait && { isToldToWait }),
      checkpoint: isResumed ? parsed(row['place']) : null,
      mark: parsed(row['mark']),
      counts: isResumed ? countsOf(row) : NO_COUNTS,
    };
  }

  async #wait(session: RunSession, row: RunRow, request: ClaimRequest): Promise<BusyRun> {
    const isToldToWait = mustWait(request, String(row['run']));
    if (isToldToWait) {
      await session.change(statement(`UPDATE ${this.#table} SET Waiting = Waiting + 1 WHERE Task = ?`, [this.#task]));
    }

    return { kind: 'busy', run: String(row['run']), isToldToWait };
  }

  #fenced(): Fenced {
    return new Fenced(`another process works on ${this.#task}: this one ends`);
  }
}

/** A task's place as it was found. */
export interface FoundPlace {
  /** Under way, empty for none. */
  readonly run: string;
  readonly waiting: number;
  /** JSON; of a task without a run under way how the last one ended. */
  readonly place: unknown;
  readonly counts: RunCounts;
  /** This one was the last to work on it. */
  readonly isOwn: boolean;
}

/** Kept as the place of a run that has ended. @param owesRest something follows it, other than on the target */
export function endText(run: string, owesRest: boolean): string {
  return JSON.stringify({ ended: run, ...(owesRest && { owesRest }) });
}

/** Whether there is nothing to take for a request. */
export function endedOf({ id, only, due }: ClaimRequest, found: FoundPlace): EndedRun | undefined {
  const { run, waiting, counts, isOwn } = found;
  const last = run === '' ? (parsed(found.place) as { ended?: string; owesRest?: boolean } | null) : null;
  const ended: EndedRun = {
    ...{ kind: 'ended', run: last?.ended ?? '', counts, isOwn },
    ...{ isAwaited: run === '' && waiting > 0, owesRest: last?.owesRest === true },
  };
  if (only === 'this') {
    return run === id ? undefined : ended;
  }
  if (only === 'awaited') {
    return run === '' && waiting === 0 ? ended : undefined;
  }

  return due !== undefined && ended.run !== '' && !isBefore(ended.run, due) ? ended : undefined;
}

/** Whether a run had begun before something was due, as far as their milliseconds tell. */
function isBefore(run: string, due: string): boolean {
  return run.slice(0, due.length) <= due;
}

/** Whether another run is to follow one that goes on. What was called again for it, or has begun it, is none. */
export function mustWait({ id, due = id, wait = false }: ClaimRequest, run: string): boolean {
  return wait && isBefore(run, due);
}

function countsOf(row: RunRow): RunCounts {
  return {
    read: Number(row['nread']),
    written: Number(row['nwritten']),
    unchanged: Number(row['nunchanged']),
    rejected: Number(row['nrejected']),
    bytes: Number(row['nbytes']),
  };
}

function parsed(text: unknown): Checkpoint {
  return typeof text === 'string' ? (JSON.parse(text) as Checkpoint) : null;
}
