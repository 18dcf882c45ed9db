import { InvalidSetting } from '../errors.ts';
import { batchOf, type MongoDocument, type MongoSession, numberOf } from './run-mongo-port.ts';
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
import { EXTERNAL_POSITIONS, endedOf, endText, LEASE_SECONDS, mustWait, type Step } from './run-positions.ts';

/** The server's own clock, as processes have several. */
const NOW = '$$NOW';
/** Milliseconds since 1970. */
const NOW_MS: MongoDocument = { $toLong: NOW };
const LATER: MongoDocument = { $add: [NOW_MS, LEASE_SECONDS * 1000] };
const COUNTERS = ['read', 'written', 'unchanged', 'rejected', 'bytes'] as const;
const MAJORITY: MongoDocument = { writeConcern: { w: 'majority' } };
/** Others have taken the task in between so often. */
const CLAIMS = 10;
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

/** Makes a collection of ours where it is missing: older servers make none within a transaction. */
export async function makeOwnCollection(session: MongoSession, name: string): Promise<void> {
  await session.command({ create: name }).catch((error: { code?: number }) => {
    if (error.code !== EXISTS) {
      throw error;
    }
  });
}

/**
 * A task's place in one document, `_id` the task, beside the documents that are written: as `RunPositions` keeps it in a row. `run` is its run under
 * way, empty for none; `fence` grows whenever a process takes the task, and only who has the last number writes.
 */
export class MongoPositions {
  readonly #task: string;
  #fence = 0;
  #run = '';

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
    await makeOwnCollection(session, EXTERNAL_POSITIONS);
    const empty = Object.fromEntries(COUNTERS.map((name) => [name, { $numberLong: '0' }]));
    const document = { fence: 0, run: '', heldUntil: null, waiting: 0, place: null, mark: null, ...empty };
    await this.#update(session, { _id: this.#task }, { $setOnInsert: document }, { upsert: true, ...MAJORITY });
  }

  /** Takes the task, unless another process holds it. @throws Fenced when others take it again and again */
  async claim(session: MongoSession, request: ClaimRequest): Promise<ClaimedRun | BusyRun | EndedRun> {
    for (let attempt = 0; attempt < CLAIMS; attempt += 1) {
      const row = await this.#found(session);
      // Its own place it may take again, after a fault that passed.
      const isOwn = numberOf(row['fence']) === this.#fence;
      const isOther = row['isHeld'] === true && !isOwn;
      const [run, waiting] = [String(row['run'] ?? ''), numberOf(row['waiting'])];
      const claimed =
        endedOf(request, { run, waiting, place: row['place'], counts: countsOf(row), isOwn }) ??
        (isOther ? await this.#wait(session, row, request) : await this.#take(session, row, request));
      if (claimed !== undefined) {
        return claimed;
      }
    }
    throw this.#fenced();
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

  /** Ends the run, in the caller's transaction. Who waits for it does so until a new run begins. */
  async finish(session: MongoSession, mark: Checkpoint, owesRest: boolean): Promise<void> {
    const place = { $literal: endText(this.#run, owesRest) };
    const ended = { run: '', place, mark: { $literal: JSON.stringify(mark) }, heldUntil: null };
    await this.#update(session, this.#own, [{ $set: { ...ended, updatedAt: NOW } }]);
  }

  /** What follows a run that has ended was done. */
  async followed(session: MongoSession, run: string): Promise<void> {
    const owed = { _id: this.#task, run: '', place: endText(run, true) };
    await this.#update(session, owed, { $set: { place: endText(run, false) } });
  }

  async release(session: MongoSession): Promise<void> {
    await this.#update(session, this.#own, { $set: { heldUntil: null } });
  }

  get #own(): MongoDocument {
    return { _id: this.#task, fence: this.#fence };
  }

  async #found(session: MongoSession): Promise<MongoDocument> {
    const reply = await session.command({
      aggregate: EXTERNAL_POSITIONS,
      pipeline: [{ $match: { _id: this.#task } }, { $set: { isHeld: { $gt: ['$heldUntil', NOW_MS] } } }],
      cursor: {},
    });

    return batchOf(reply).documents[0] ?? {};
  }

  /** @returns undefined where it is not as it was found */
  async #take(session: MongoSession, row: MongoDocument, request: ClaimRequest): Promise<ClaimedRun | undefined> {
    const { id } = request;
    const left = String(row['run'] ?? '');
    const isResumed = left !== '';
    const isToldToWait = isResumed && mustWait(request, left);
    const fence = numberOf(row['fence']) + 1;
    const run = isResumed ? left : id;
    const counters = Object.fromEntries(COUNTERS.map((name) => [name, { $numberLong: '0' }]));
    const fresh = { run: { $literal: id }, waiting: 0, place: null, ...counters };
    const set = isResumed ? { waiting: { $add: ['$waiting', isToldToWait ? 1 : 0] } } : fresh;
    const update = [{ $set: { fence: { $numberLong: String(fence) }, ...set, heldUntil: LATER, updatedAt: NOW } }];
    if ((await this.#update(session, this.#asFound(row), update, MAJORITY)) !== 1) {
      return undefined;
    }
    this.#fence = fence;
    this.#run = run;

    return {
      ...{ kind: 'claimed', run, isResumed, ...(isToldToWait && { isToldToWait }) },
      ...{ checkpoint: isResumed ? parsed(row['place']) : null, mark: parsed(row['mark']) },
      counts: isResumed ? countsOf(row) : NO_COUNTS,
    };
  }

  /** Tells who holds it that a run is to follow, if one is. @returns undefined where it is not as it was found */
  async #wait(session: MongoSession, row: MongoDocument, request: ClaimRequest): Promise<BusyRun | undefined> {
    const run = String(row['run']);
    const isToldToWait = mustWait(request, run);
    const told = isToldToWait ? await this.#update(session, this.#asFound(row), { $inc: { waiting: 1 } }, MAJORITY) : 1;

    return told === 1 ? { kind: 'busy', run, isToldToWait } : undefined;
  }

  #asFound(row: MongoDocument): MongoDocument {
    return { _id: this.#task, fence: row['fence'] ?? 0, run: row['run'] ?? '' };
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

function countsOf(row: MongoDocument): RunCounts {
  const [read = 0, written = 0, unchanged = 0, rejected = 0, bytes = 0] = COUNTERS.map((name) => numberOf(row[name]));

  return { read, written, unchanged, rejected, bytes };
}
