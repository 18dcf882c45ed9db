import type { Claim } from './claim.ts';
import type { Load } from './load.ts';
import type { TaskPlan } from './plan.ts';
import { ADVANCE_SQL, COUNT_SQL, LEASE_SQL, OPEN_SQL, POSITION_SQL, REJECT_SQL, STATE_SQL } from './position.ts';
import { QUARANTINE_SQL } from './quarantine.ts';
import { longParameter, type Parameter, textParameter } from './statement.ts';

/** What a consumer needs of the database. */
export interface TaskDatabase {
  execute(
    sql: string,
    parameters: readonly Parameter[],
    options?: { readonly transactionId?: string; readonly json?: boolean },
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
  /** A transaction begun for the next batch, its lease noted; when that was, by the writer's clock. */
  next?: { readonly transactionId: string; readonly begunAt: number };
}

export interface ShardWriterOptions {
  /** The batch's number, for the column that wants one. */
  readonly batch: string;
  /**
   * Begin the next batch's transaction while this one is written: one call less before its rows. For a shard whose batches follow
   * one another; elsewhere the transaction would lie idle, holding a connection.
   */
  readonly ahead: boolean;
  /** Milliseconds of a clock that never goes back. */
  readonly now: () => number;
}

/** What one transaction is to write. */
export interface Part {
  readonly claim: Claim;
  /** The same at every call; may be made while the first statements run. */
  load(): Promise<Load>;
  /** What comes after this sequence number; `undefined` when nothing does. */
  after(sequence: string): Promise<Part | undefined>;
}

/** Sends one shard's parts to the database, each as one transaction. Knows nothing of retries. */
export interface ShardWriter {
  /** Begins the first transaction while nothing is known of its part yet. */
  begin(): void;
  /** Rolls back a transaction that was begun and not used. */
  abandon(): Promise<void>;
  /** @returns what was written: the part, or what of it was not there already; `undefined` when all of it was */
  write(plan: TaskPlan, part: Part): Promise<Part | undefined>;
  /** Rolls back the transaction that the shard's last writer noted: it may hold the position for three minutes. */
  release(): Promise<void>;
}

/** The position was removed while its consumer ran. */
export class PositionMissing extends Error {
  override readonly name = 'PositionMissing';
}

interface Transaction {
  readonly id: string;
  readonly leased: boolean;
}

/** The Data API rolls back what is idle for three minutes; an old one is left to that. */
const NEXT_MAX_AGE_MS = 60_000;

export function shardWriter(
  database: TaskDatabase,
  memory: ShardMemory,
  { batch, ahead, now }: ShardWriterOptions,
): ShardWriter {
  const own = [
    textParameter('task', memory.task),
    longParameter('epoch', memory.epoch),
    textParameter('shard', memory.shard),
  ];
  let begun: Promise<Transaction> | undefined;

  async function taken(): Promise<Transaction> {
    const { next } = memory;
    delete memory.next;
    if (next !== undefined && now() - next.begunAt < NEXT_MAX_AGE_MS) {
      return { id: next.transactionId, leased: true };
    }

    return { id: await database.begin(), leased: false };
  }

  function lease(transactionId: string): Promise<unknown> {
    return database.execute(LEASE_SQL, [...own, textParameter('transaction', transactionId)]);
  }

  /** The next transaction, noted once this one's commit is on its way: until then the note has to say this one. */
  async function noteNext(next: string | undefined): Promise<void> {
    if (next !== undefined) {
      await lease(next);
      memory.next = { transactionId: next, begunAt: now() };
    }
  }

  async function rollbackNext(next: string | undefined): Promise<void> {
    if (next !== undefined) {
      await database.rollback(next);
    }
  }

  async function release(): Promise<number> {
    const { rows } = await database.execute(STATE_SQL, own, { json: true });
    const leased = String(rows[0]?.['transactionId'] ?? '');
    if (leased !== '') {
      await quietly(database.rollback(leased));
    }

    return Number(rows[0]?.['positions'] ?? 0);
  }

  async function open(): Promise<void> {
    if (memory.opened) {
      return;
    }
    if ((await release()) === 0) {
      await database.execute(OPEN_SQL, own);
    }
    memory.opened = true;
  }

  async function advance(claim: Claim, transactionId: string): Promise<boolean> {
    const parameters = [...own, ...counts(claim, memory.busyMs), textParameter('first', claim.first)];
    const { updated } = await database.execute(ADVANCE_SQL, parameters, { transactionId });

    return updated === 1;
  }

  /** S1: moves the position over the part, or over what of it is not written yet. */
  async function claimed(part: Part, transactionId: string): Promise<Part | undefined> {
    if (await advance(part.claim, transactionId)) {
      return part;
    }
    const { rows } = await database.execute(POSITION_SQL, own, { transactionId, json: true });
    const position = rows[0]?.['seq'];
    const rest = typeof position === 'string' ? await part.after(position) : part;
    if (rest === undefined || (await advance(rest.claim, transactionId))) {
      return rest;
    }
    memory.opened = false;
    throw new PositionMissing(`there is no position of ${memory.task} for ${memory.shard}`);
  }

  /** S2 and S3. */
  async function insert(plan: TaskPlan, load: Load, options: { transactionId?: string }): Promise<void> {
    const { sql, constants, usesBatchNumber } = plan.statement;
    const fixed = usesBatchNumber ? [...constants, textParameter('batch', batch)] : constants;
    for (const rows of load.rows) {
      await database.execute(sql, [...fixed, textParameter('rows', rows)], options);
    }
    const mapping = textParameter('mapping', plan.mappingVersion);
    for (const rows of load.quarantine) {
      await database.execute(QUARANTINE_SQL, [...own, mapping, textParameter('rows', rows)], options);
    }
  }

  /** S1 to S4. */
  async function writeOnce(plan: TaskPlan, part: Part): Promise<Part | undefined> {
    const transaction = begun ?? taken();
    begun = undefined;
    const [{ id, leased }] = await Promise.all([transaction, open()]);
    part.load().catch(() => undefined);
    const options = { transactionId: id };
    const claim = claimed(part, id);
    // Sent together with S1, not waited for: if this writer is killed while S1 holds the position, the note is there.
    const noted = leased ? undefined : quietly(lease(id));
    let next: Promise<string | undefined> | undefined;
    let nextNoted: Promise<void> | undefined;
    try {
      const rest = await claim;
      if (rest !== undefined) {
        const load = await rest.load();
        const inserted = insert(plan, load, options);
        next = ahead ? database.begin().catch(() => undefined) : undefined;
        await inserted;
        if (load.rejected > 0) {
          await database.execute(REJECT_SQL, [...own, longParameter('rejected', load.rejected)], options);
        }
      }
      await noted;
      nextNoted = quietly(next?.then(noteNext));
      await Promise.all([database.commit(id), nextNoted]);
      memory.busyMs = 0;

      return rest;
    } catch (error) {
      await Promise.all([noted, nextNoted]);
      delete memory.next;
      await Promise.all([quietly(database.rollback(id)), quietly(next?.then(rollbackNext))]);
      throw error;
    }
  }

  async function writeAtLeastOnce(plan: TaskPlan, part: Part): Promise<Part> {
    const [load] = await Promise.all([part.load(), open()]);
    await insert(plan, load, {});
    const parameters = [...own, ...counts(part.claim, memory.busyMs), longParameter('rejected', load.rejected)];
    const { updated } = await database.execute(COUNT_SQL, parameters);
    memory.opened = updated > 0;
    memory.busyMs = 0;

    return part;
  }

  return {
    begin() {
      begun = taken();
      begun.catch(() => undefined);
    },
    async abandon() {
      await quietly(begun?.then(({ id }) => database.rollback(id)));
    },
    write: (plan, part) =>
      plan.task.delivery === 'at-least-once' ? writeAtLeastOnce(plan, part) : writeOnce(plan, part),
    release: async () => void (await release()),
  };
}

function counts({ records, bytes, last }: Claim, busyMs: number): Parameter[] {
  return [
    longParameter('records', records),
    longParameter('bytes', bytes),
    longParameter('busy', Math.round(busyMs)),
    textParameter('last', last),
  ];
}

/** For calls that are a courtesy: the call they belong to meets the same fault and reports it. */
async function quietly(call: Promise<unknown> | undefined): Promise<void> {
  try {
    await call;
  } catch {
    // A transaction that has ended, timed out or died with its server needs no rolling back, and no lease.
  }
}
