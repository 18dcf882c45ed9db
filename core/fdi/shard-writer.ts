import { ADVANCE_ALONE_SQL, type AdvanceFault, advanceFault } from './advance-function.ts';
import type { Claim } from './claim.ts';
import { databaseFault } from './database-fault.ts';
import type { KeyClaim } from './key-claim.ts';
import { keyedWriter } from './keyed-writer.ts';
import type { Load } from './load.ts';
import { counts, partInserter, quietly } from './part-inserter.ts';
import type { TaskPlan } from './plan.ts';
import { ADVANCE_SQL, COUNT_SQL, LEASE_SQL, OPEN_SQL, POSITION_SQL, STATE_SQL } from './position.ts';
import type { Entry, StreamRecord } from './row.ts';
import { longParameter, type Parameter, textParameter } from './statement.ts';

/** What a consumer needs of the database. */
export interface TaskDatabase {
  execute(
    sql: string,
    parameters: readonly Parameter[],
    options?: { readonly transactionId?: string; readonly json?: boolean; readonly atOnce?: boolean },
  ): Promise<{ readonly updated: number; readonly rows: readonly Readonly<Record<string, unknown>>[] }>;
  begin(): Promise<string>;
  commit(transactionId: string): Promise<void>;
  rollback(transactionId: string): Promise<void>;
}

/** Whose position is moved, and what its consumer remembers of it from batch to batch. */
export interface ShardMemory {
  readonly task: string;
  readonly epoch: number;
  readonly shard: string;
  /** This container has made sure that there is a position and that no predecessor's transaction is open. */
  opened: boolean;
  /** Milliseconds of batches that are not counted yet: a batch's own are known only when it is written. */
  busyMs: number;
  /**
   * Positions are kept per partition key: the task has several lanes, or has had them. In the database it stays so until the task is reset,
   * since a batch of those lanes may come late.
   */
  keyed?: boolean;
  /** Why every batch takes a transaction: what the database said to the function that moves a position. */
  withoutFunction?: string;
}

/** What is written together or not at all. */
export interface Part {
  readonly claim: Claim;
  /** The same at every call. */
  load(): Promise<Load>;
  readonly records: readonly StreamRecord[];
  readonly entries: Promise<readonly Entry[]>;
  /** Of its partition keys; made when it is asked for. */
  keyClaim(): KeyClaim;
  /** What comes after this sequence number; `undefined` when nothing does. */
  after(sequence: string): Promise<Part | undefined>;
  /** What of it comes after what is written of its partition key. */
  afterEach(written: (partitionKey: string) => string): Promise<Part | undefined>;
}

/**
 * Writes a part while the one before it is being written: it waits in the database for that one, and is written only if that one is, whole. Answers
 * whether it was; if not, nothing of it is, and `write` says why. Never throws.
 *
 * @param behind the last record of the one before, padded
 */
export type WriteBehind = (part: Part, behind: string) => Promise<boolean>;

/** Sends one shard's parts to the database, each whole or not at all. Knows nothing of retries. */
export interface ShardWriter<Plan = TaskPlan> {
  /** @returns what was written: the part, or what of it was not there already; `undefined` when all of it was */
  write(plan: Plan, part: Part): Promise<Part | undefined>;
  /** How parts are written while those before them are; absent or `undefined` where they are written in turn. */
  overlapping?(plan: Plan): WriteBehind | undefined;
  /** Rolls back the transaction that the last writer of the part's place noted: it may hold the position for three minutes. */
  release(part: Part): Promise<void>;
}

/** The position was removed while its consumer ran. */
export class PositionMissing extends Error {
  override readonly name = 'PositionMissing';
}

/** Another consumer has begun to keep positions per key. Nothing is written. */
class KeyedMeanwhile extends Error {
  override readonly name = 'KeyedMeanwhile';
}

/** Over what the function moves the position, and from where: '' for anywhere before. */
function moved(claim: Claim, busyMs: number, behind = ''): Parameter[] {
  return [...counts(claim, busyMs), textParameter('first', claim.first), textParameter('behind', behind)];
}

/** @param batch the batch's number, for the column that wants one */
export function shardWriter(database: TaskDatabase, memory: ShardMemory, batch: string): ShardWriter {
  const own = [
    textParameter('task', memory.task),
    longParameter('epoch', memory.epoch),
    textParameter('shard', memory.shard),
  ];
  const { constants, insert } = partInserter(database, own, batch);
  const keyedOnes = keyedWriter(database, memory, { own, batch });

  function lease(transactionId: string): Promise<unknown> {
    return database.execute(LEASE_SQL, [...own, textParameter('transaction', transactionId)]);
  }

  async function release(): Promise<Readonly<Record<string, unknown>>> {
    const { rows } = await database.execute(STATE_SQL, own, { json: true });
    const leased = String(rows[0]?.['transactionId'] ?? '');
    if (leased !== '') {
      await quietly(database.rollback(leased));
    }

    return rows[0] ?? {};
  }

  async function open(): Promise<void> {
    if (memory.opened) {
      return;
    }
    const { positions, keyed } = await release();
    memory.keyed ||= Number(keyed ?? 0) > 0;
    if (memory.keyed) {
      return;
    }
    if (Number(positions ?? 0) === 0) {
      await database.execute(OPEN_SQL, own);
    }
    memory.opened = true;
  }

  async function advance({ claim, load }: Part, transactionId: string): Promise<boolean> {
    const { rejected } = await load();
    const parameters = [
      ...own,
      ...counts(claim, memory.busyMs),
      longParameter('rejected', rejected),
      textParameter('first', claim.first),
    ];
    const { updated } = await database.execute(ADVANCE_SQL, parameters, { transactionId });

    return updated === 1;
  }

  /** S1: moves the position over the part, or over what of it is not written yet. */
  async function claimed(part: Part, transactionId: string): Promise<Part | undefined> {
    if (await advance(part, transactionId)) {
      return part;
    }
    const { rows } = await database.execute(POSITION_SQL, own, { transactionId, json: true });
    const { seq: position, keyed } = rows[0] ?? {};
    if (Number(keyed ?? 0) > 0) {
      throw new KeyedMeanwhile();
    }
    const rest = typeof position === 'string' ? await part.after(position) : part;
    if (rest === undefined || (await advance(rest, transactionId))) {
      return rest;
    }
    memory.opened = false;
    throw new PositionMissing(`there is no position of ${memory.task} for ${memory.shard}`);
  }

  /** What rows were before has to be read before they are written: that is a transaction. */
  function isOneCall({ images }: TaskPlan): boolean {
    return memory.withoutFunction === undefined && images === undefined;
  }

  async function writeOnce(plan: TaskPlan, part: Part): Promise<Part | undefined> {
    const load = await part.load();
    const alone = load.fitsRequest && isOneCall(plan);
    const fault = alone ? await writeAdvancing(plan, part, load) : undefined;
    const written = alone && fault === undefined ? part : await writeTogether(plan, part);
    if (fault?.useless !== undefined) {
      memory.withoutFunction = fault.useless;
    }
    memory.busyMs = 0;

    return written;
  }

  /** Position, rows and quarantine in one statement. Answers what was in the way if a transaction may get past it; then nothing is written. */
  async function writeAdvancing(plan: TaskPlan, { claim }: Part, load: Load): Promise<AdvanceFault | undefined> {
    try {
      await sendAdvancing(plan, load, moved(claim, memory.busyMs));

      return undefined;
    } catch (error) {
      const fault = advanceFault(error, databaseFault(error), load.rowCount);
      if (fault.worthTransaction) {
        return fault;
      }
      throw error;
    }
  }

  async function sendAdvancing(
    plan: TaskPlan,
    load: Load,
    over: readonly Parameter[],
    options: { readonly atOnce?: boolean } = {},
  ): Promise<void> {
    const [rows] = load.rows;
    const parameters = [
      ...own,
      ...over,
      longParameter('rejected', load.rejected),
      textParameter('mapping', plan.mappingVersion),
      textParameter('bad', load.quarantine[0] ?? ''),
      ...(rows === undefined ? [] : [...constants(plan), textParameter('rows', rows)]),
    ];
    await database.execute(rows === undefined ? ADVANCE_ALONE_SQL : plan.statement.advancing, parameters, options);
  }

  function overlapping(plan: TaskPlan): WriteBehind | undefined {
    const { opened, keyed } = memory;
    if (plan.task.delivery === 'at-least-once' || !opened || keyed || !isOneCall(plan)) {
      return undefined;
    }

    return async (part, behind) => {
      try {
        const load = await part.load();
        if (!load.fitsRequest) {
          return false;
        }
        // Time that is not counted yet is counted with the part before.
        await sendAdvancing(plan, load, moved(part.claim, 0, behind), { atOnce: true });

        return true;
      } catch {
        return false;
      }
    };
  }

  /** Position, rows and quarantine in one transaction, S1 to S3. */
  async function writeTogether(plan: TaskPlan, part: Part): Promise<Part | undefined> {
    const id = await database.begin();
    const options = { transactionId: id };
    const claim = claimed(part, id);
    // Sent together with S1, not waited for: if this writer is killed while S1 holds the position, the note is there.
    const noted = quietly(lease(id));
    try {
      const rest = await claim;
      if (rest !== undefined) {
        await insert(plan, await rest.load(), options);
      }
      await noted;
      await database.commit(id);

      return rest;
    } catch (error) {
      await noted;
      await quietly(database.rollback(id));
      throw error;
    }
  }

  async function writeAtLeastOnce(plan: TaskPlan, part: Part): Promise<Part> {
    const load = await part.load();
    await insert(plan, load, {});
    const parameters = [...own, ...counts(part.claim, memory.busyMs), longParameter('rejected', load.rejected)];
    const { updated } = await database.execute(COUNT_SQL, parameters);
    memory.opened = updated > 0;
    memory.busyMs = 0;

    return part;
  }

  async function write(plan: TaskPlan, part: Part): Promise<Part | undefined> {
    await Promise.all([part.load(), memory.keyed ? undefined : open()]);
    if (memory.keyed) {
      return keyedOnes.write(plan, part);
    }
    try {
      return await (plan.task.delivery === 'at-least-once' ? writeAtLeastOnce(plan, part) : writeOnce(plan, part));
    } catch (error) {
      if (!(error instanceof KeyedMeanwhile)) {
        throw error;
      }
    }
    memory.keyed = true;
    memory.opened = false;

    return keyedOnes.write(plan, part);
  }

  return {
    write,
    overlapping,
    release: (part) => (memory.keyed ? keyedOnes.release(part) : release().then(() => undefined)),
  };
}
