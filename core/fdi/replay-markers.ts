import { createHash } from 'node:crypto';
import { type HeldRecord, QuarantineChanged } from './replay-held.ts';
import type { Markers } from './replay-into-database.ts';
import type { RunDialect } from './run-dialect.ts';
import { type RunSession, type RunValue, statement } from './run-session.ts';
import { makeOwnTable } from './target-table.ts';

const TABLE = 'causeway_replayed';
/** Of those that a call left which did not come to its end. */
const LEFT_AT_ONCE = 500;

/** In a target's own database: what was replayed into it, from the transaction that writes the rows on until the record has left the quarantine. */
function markerTable({ text }: Pick<RunDialect, 'text'>): string {
  return `CREATE TABLE IF NOT EXISTS ${TABLE} (
  Task VARCHAR(100) ${text.type} NOT NULL,
  Record VARCHAR(32) ${text.type} NOT NULL,
  Id BIGINT NOT NULL,
  ReplayedAt ${text.time} NOT NULL,
  PRIMARY KEY (Task, Record)
)`;
}

/**
 * A quarantine in one database and rows in another do not change together. So rows are written together with a marker of each record, then the
 * record leaves the quarantine, then the marker goes: whoever comes in between finds the marker, and does not write the record again.
 */
export class ReplayMarkers implements Markers<RunSession> {
  readonly #task: string;
  readonly #dialect: RunDialect;
  #isPrepared = false;

  constructor(task: string, dialect: RunDialect) {
    this.#task = task;
    this.#dialect = dialect;
  }

  /**
   * Makes the table where it is missing, and removes markers that were left behind.
   *
   * @param isHeld which of these ids the quarantine still has
   * @throws InvalidSetting with the statement to be run by somebody who may
   */
  async prepare(session: RunSession, isHeld: (ids: readonly number[]) => Promise<ReadonlySet<number>>): Promise<void> {
    if (this.#isPrepared) {
      return;
    }
    const probe = statement(`SELECT Id AS id, Record AS record FROM ${TABLE} WHERE Task = ? LIMIT ${LEFT_AT_ONCE}`, [
      this.#task,
    ]);
    await makeOwnTable(session, this.#dialect, this.#task, {
      name: TABLE,
      create: markerTable(this.#dialect),
      probe,
      rights: 'SELECT, INSERT and DELETE',
    });
    const left = await session.query(probe);
    const held = left.length === 0 ? new Set() : await isHeld(left.map((row) => Number(row['id'])));
    await this.#delete(
      session,
      left.filter((row) => !held.has(Number(row['id']))).map((row) => String(row['record'])),
    );
    this.#isPrepared = true;
  }

  /** The ids of those that are written already. */
  async found(session: RunSession, records: readonly HeldRecord[]): Promise<ReadonlySet<number>> {
    const marks = new Map(records.map((held) => [markOf(held), held.id]));
    if (marks.size === 0) {
      return new Set();
    }
    const rows = await session.query(
      statement(`SELECT Record AS record FROM ${TABLE} WHERE Task = ? AND Record IN (${places(marks.size)})`, [
        this.#task,
        ...marks.keys(),
      ]),
    );

    return new Set(rows.flatMap((row) => marks.get(String(row['record'])) ?? []));
  }

  /** In the transaction that writes their rows. A second one that writes one of them waits here. @throws QuarantineChanged */
  async put(session: RunSession, records: readonly HeldRecord[]): Promise<void> {
    const rows = records.map(() => `(?, ?, ?, ${this.#dialect.now})`).join(', ');
    const values = records.flatMap((held): readonly RunValue[] => [this.#task, markOf(held), held.id]);
    try {
      await session.change(statement(`INSERT INTO ${TABLE} (Task, Record, Id, ReplayedAt) VALUES ${rows}`, values));
    } catch (error) {
      if (this.#dialect.faultOf(error).kind !== 'data') {
        throw error;
      }
      throw new QuarantineChanged('one of the records is written already', { cause: error });
    }
  }

  /** When they have left the quarantine. What stays here harms nobody, and goes with a later call. */
  async remove(session: RunSession, records: readonly HeldRecord[]): Promise<void> {
    await this.#delete(session, records.map(markOf));
  }

  async #delete(session: RunSession, marks: readonly string[]): Promise<void> {
    if (marks.length > 0) {
      await session.change(
        statement(`DELETE FROM ${TABLE} WHERE Task = ? AND Record IN (${places(marks.length)})`, [
          this.#task,
          ...marks,
        ]),
      );
    }
  }
}

/** An id alone comes again when the platform's database is restored. */
export function markOf({ id, epoch, shard, sequence }: HeldRecord): string {
  return createHash('sha256').update([id, epoch, shard, sequence].join('\0')).digest('hex').slice(0, 32);
}

function places(count: number): string {
  return Array.from({ length: count }, () => '?').join(', ');
}
