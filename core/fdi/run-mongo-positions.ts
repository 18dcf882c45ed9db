import { InvalidSetting } from '../errors.ts';
import { type MongoDocument, type MongoSession, numberOf } from './run-mongo-port.ts';
import { type BusyRun, type Checkpoint, type ClaimedRun, Fenced } from './run-ports.ts';
import { EXTERNAL_POSITIONS, LEASE_SECONDS, type Step } from './run-positions.ts';

/** The server's own clock, as processes have several. */
const NOW = '$$NOW';
/** Milliseconds since 1970. */
const NOW_MS: MongoDocument = { $toLong: NOW };
const LATER: MongoDocument = { $add: [NOW_MS, LEASE_SECONDS * 1000] };
const COUNTERS = ['read', 'written', 'unchanged', 'rejected', 'bytes'] as const;
const MAJORITY: MongoDocument = { writeConcern: { w: 'majority' } };
/** NamespaceExists */
const EXISTS = 48;

/** @param where of whose setting it is. @throws InvalidSetting for a server that knows no transactions */
export async function checkTransactions(session: MongoSession, where: string): Promise<void> {
  const hello = await session.command({ hello: 1 });
  if (hello['setName'] === undefined && hello['msg'] !== 'isdbgrid') {
    throw new InvalidSetting(
      `${where}target.mongodb.url`,
      'a server by itself',
      'a replica set (of one member, if need be) or a sharded cluster: only these write documents and the place of a task together',
    );
  }
}

/**
 * A task's place in one document, `_id` the task, beside the documents that are written: as `RunPositions` keeps it in a row. `run` is its run under
 * way, empty for none; `fence` grows whenever a process takes the task, and only who has the last number writes.
 */
export class MongoPositions {
  readonly #task: string;
  #fence = 0;

  constructor(task: string) {
    this.#task = task;
  }

  /**
   * Makes the collection where it is missing, and the task's document in it.
   *
   * @throws InvalidSetting for a server that knows no transactions
   */
  async prepare(session: MongoSession): Promise<void> {
    await checkTransactions(session, `${this.#task}: `);
    await session.command({ create: EXTERNAL_POSITIONS }).catch((error: { code?: number }) => {
      if (error.code !== EXISTS) {
        throw error;
      }
    });
    const empty = Object.fromEntries(COUNTERS.map((name) => [name, { $numberLong: '0' }]));
    const document = { fence: 0, run: '', heldUntil: null, waiting: 0, place: null, mark: null, ...empty };
    await this.#update(session, { _id: this.#task }, { $setOnInsert: document }, { upsert: true, ...MAJORITY });
  }

  /** Takes the task, unless another process holds it. */
  async claim(session: MongoSession, run: string, wait: boolean): Promise<ClaimedRun | BusyRun> {
    const isFree: MongoDocument = {
      // Its own place it may take again, after a fault that passed.
      $or: [{ heldUntil: null }, { $expr: { $lte: ['$heldUntil', NOW_MS] } }, { fence: this.#fence }],
    };
    const isNew: MongoDocument = { $eq: ['$run', ''] };
    const zero = { $numberLong: '0' };
    const counters = COUNTERS.map((name) => [name, { $cond: [isNew, zero, `$${name}`] }] as const);
    const { value } = await session.command({
      findAndModify: EXTERNAL_POSITIONS,
      query: { _id: this.#task, ...isFree },
      update: [
        {
          $set: {
            fence: { $add: ['$fence', 1] },
            run: { $cond: [isNew, { $literal: run }, '$run'] },
            ...Object.fromEntries(counters),
            ...{ heldUntil: LATER, updatedAt: NOW },
          },
        },
      ],
      new: true,
      ...MAJORITY,
    });
    if (value === null || value === undefined) {
      return this.#wait(session, wait);
    }
    const row = value as MongoDocument;
    this.#fence = numberOf(row['fence']);
    const [read = 0, written = 0, unchanged = 0, rejected = 0, bytes = 0] = COUNTERS.map((name) => numberOf(row[name]));

    const checkpoint = parsed(row['place']);

    return {
      ...{ kind: 'claimed', run: String(row['run']), isResumed: row['run'] !== run || checkpoint !== null },
      ...{ checkpoint, mark: parsed(row['mark']), counts: { read, written, unchanged, rejected, bytes } },
    };
  }

  /** Holds the document until the transaction ends: who else changes it meanwhile loses. @throws Fenced */
  async lock(session: MongoSession): Promise<{ readonly isAwaited: boolean }> {
    const { value } = await session.command({
      ...{ findAndModify: EXTERNAL_POSITIONS, query: this.#own, update: [{ $set: { heldUntil: LATER } }] },
      fields: { waiting: 1 },
    });
    if (value === null || value === undefined) {
      throw this.#fenced();
    }

    return { isAwaited: numberOf((value as MongoDocument)['waiting']) > 0 };
  }

  /** Moves the place behind a page. @throws Fenced */
  async advance(session: MongoSession, { checkpoint, ...counts }: Step): Promise<void> {
    const counters = COUNTERS.map(
      (name) => [name, { $add: [`$${name}`, { $numberLong: String(counts[name]) }] }] as const,
    );
    const place = { $literal: JSON.stringify(checkpoint) };
    const update = [{ $set: { place, ...Object.fromEntries(counters), heldUntil: LATER, updatedAt: NOW } }];
    if ((await this.#update(session, this.#own, update)) !== 1) {
      throw this.#fenced();
    }
  }

  async renew(session: MongoSession): Promise<void> {
    await this.#update(session, this.#own, [{ $set: { heldUntil: LATER } }]);
  }

  /** Ends the run, in the caller's transaction. */
  async finish(session: MongoSession, mark: Checkpoint): Promise<void> {
    const ended = { run: '', place: null, mark: { $literal: JSON.stringify(mark) }, heldUntil: null, waiting: 0 };
    await this.#update(session, this.#own, [{ $set: { ...ended, updatedAt: NOW } }]);
  }

  async release(session: MongoSession): Promise<void> {
    await this.#update(session, this.#own, { $set: { heldUntil: null } });
  }

  get #own(): MongoDocument {
    return { _id: this.#task, fence: this.#fence };
  }

  async #wait(session: MongoSession, wait: boolean): Promise<BusyRun> {
    const { value } = await session.command({
      ...{ findAndModify: EXTERNAL_POSITIONS, query: { _id: this.#task } },
      update: { $inc: { waiting: wait ? 1 : 0 } },
    });

    return { kind: 'busy', run: String((value as MongoDocument | null)?.['run'] ?? ''), isToldToWait: wait };
  }

  /** @returns how many it was */
  async #update(
    session: MongoSession,
    q: MongoDocument,
    u: MongoDocument | readonly MongoDocument[],
    { upsert = false, ...options }: MongoDocument = {},
  ): Promise<number> {
    const reply = await session.command({ update: EXTERNAL_POSITIONS, updates: [{ q, u, upsert }], ...options });

    return numberOf(reply['n']);
  }

  #fenced(): Fenced {
    return new Fenced(`another process works on ${this.#task}: this one ends`);
  }
}

function parsed(text: unknown): Checkpoint {
  return typeof text === 'string' ? (JSON.parse(text) as Checkpoint) : null;
}
