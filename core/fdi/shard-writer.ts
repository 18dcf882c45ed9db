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
  /** @returns what was written: the part, or what of it was not there already; `undefined` when all of it was */
  write(plan: TaskPlan, part: Part): Promise<Part | undefined>;
  /** Rolls back the transaction that the shard's last writer noted: it may hold the position for three minutes. */
  release(): Promise<void>;
}

/** The position was removed while its consumer ran. */
export class PositionMissing extends Error {
  override readonly name = 'PositionMissing';
}

/**
 * @param batch the batch's number, for the column that wants one
 * @param begun a transaction begun ahead of the first part
 */
export function shardWriter(
  database: TaskDatabase,
  memory: ShardMemory,
  batch: string,
  begun?: Promise<string>,
): ShardWriter {
  const own = [
    textParameter('task', memory.task),
    longParameter('epoch', memory.epoch),
    textParameter('shard', memory.shard),
  ];
  let ahead = begun;

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
    const transaction = ahead ?? database.begin();
    ahead = undefined;
    const [transactionId] = await Promise.all([transaction, open()]);
    // Sent before S1 but not waited for: if this writer is killed while S1 holds the position, the note is there.
    const lease = quietly(database.execute(LEASE_SQL, [...own, textParameter('transaction', transactionId)]));
    try {
      const rest = await claimed(part, transactionId);
      if (rest !== undefined) {
        const load = await rest.load();
        await insert(plan, load, { transactionId });
        if (load.rejected > 0) {
          await database.execute(REJECT_SQL, [...own, longParameter('rejected', load.rejected)], { transactionId });
        }
      }
      await lease;
      await database.commit(transactionId);
      memory.busyMs = 0;

      return rest;
    } catch (error) {
      await lease;
      await quietly(database.rollback(transactionId));
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
async function quietly(call: Promise<unknown>): Promise<void> {
  try {
    await call;
  } catch {
    // A transaction that has ended, timed out or died with its server needs no rolling back, and no lease.
  }
}
