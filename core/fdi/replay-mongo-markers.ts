import { type HeldRecord, QuarantineChanged } from './replay-held.ts';
import type { Markers } from './replay-into-database.ts';
import { markOf } from './replay-markers.ts';
import {
  batchOf,
  isMongoRefused,
  type MongoDocument,
  type MongoSession,
  numberOf,
  requireWritten,
} from './run-mongo-port.ts';
import { checkTransactions, makeOwnCollection } from './run-mongo-positions.ts';

const COLLECTION = 'causeway_replayed';
/** Of those that a call left which did not come to its end. */
const LEFT_AT_ONCE = 500;
/** DuplicateKey */
const DUPLICATE = 11000;

/** As `ReplayMarkers`, documents beside those that are written; `_id` tells task and record. */
export class MongoMarkers implements Markers<MongoSession> {
  readonly #task: string;
  #isPrepared = false;

  constructor(task: string) {
    this.#task = task;
  }

  /** @throws InvalidSetting for a server that knows no transactions */
  async prepare(
    session: MongoSession,
    isHeld: (ids: readonly number[]) => Promise<ReadonlySet<number>>,
  ): Promise<void> {
    if (this.#isPrepared) {
      return;
    }
    await checkTransactions(session, `${this.#task}: `);
    await makeOwnCollection(session, COLLECTION);
    const left = await marked(session, { task: this.#task }, LEFT_AT_ONCE);
    const held = left.length === 0 ? new Set() : await isHeld(left.map(({ record }) => record));
    await remove(
      session,
      left.filter(({ record }) => !held.has(record)).map(({ mark }) => mark),
    );
    this.#isPrepared = true;
  }

  async found(session: MongoSession, records: readonly HeldRecord[]): Promise<ReadonlySet<number>> {
    const ids = new Map(records.map((held) => [this.#markOf(held), held.id]));
    if (ids.size === 0) {
      return new Set();
    }
    const found = await marked(session, { _id: { $in: [...ids.keys()] } }, ids.size);

    return new Set(found.flatMap(({ mark }) => ids.get(mark) ?? []));
  }

  /** Who writes the same record meanwhile is told to try again, and finds it written. */
  async put(session: MongoSession, records: readonly HeldRecord[]): Promise<void> {
    const documents = records.map((held) => ({
      ...{ _id: this.#markOf(held), task: this.#task, record: { $numberLong: String(held.id) } },
    }));
    try {
      requireWritten(await session.command({ insert: COLLECTION, documents }));
    } catch (error) {
      if (!(isMongoRefused(error) && error.code === DUPLICATE)) {
        throw error;
      }
      throw new QuarantineChanged('one of the records is written already', { cause: error });
    }
  }

  remove(session: MongoSession, records: readonly HeldRecord[]): Promise<void> {
    return remove(
      session,
      records.map((held) => this.#markOf(held)),
    );
  }

  #markOf(held: HeldRecord): string {
    return `${this.#task}/${markOf(held)}`;
  }
}

async function marked(session: MongoSession, filter: MongoDocument, limit: number) {
  const find = { find: COLLECTION, filter, limit, batchSize: limit, singleBatch: true };
  const { documents } = batchOf(await session.command(find));

  return documents.map((document) => ({ mark: String(document['_id']), record: numberOf(document['record']) }));
}

async function remove(session: MongoSession, marks: readonly string[]): Promise<void> {
  if (marks.length > 0) {
    await session.command({ delete: COLLECTION, deletes: [{ q: { _id: { $in: [...marks] } }, limit: 0 }] });
  }
}
