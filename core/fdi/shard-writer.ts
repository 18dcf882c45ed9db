import type { Load } from './load.ts';
import type { TaskPlan } from './plan.ts';
import { ADVANCE_SQL, COUNT_SQL, LEASE_SQL, OPEN_SQL, POSITION_SQL, STATE_SQL } from './position.ts';
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

/** Sends one shard's loads to the database, each as one transaction. Knows nothing of retries. */
export interface ShardWriter {
  /**
   * @param after makes the load of those records only that come after a sequence number; `undefined` when none do
   * @returns what was written: less than the load when a part of it was there already, `undefined` when all of it was
   */
  write(plan: TaskPlan, load: Load, after: (sequence: string) => Load | undefined): Promise<Load | undefined>;
  /** Rolls back the transaction that the shard's last writer noted: it may hold the position for three minutes. */
  release(): Promise<void>;
}

/** The position was removed while its consumer ran. */
export class PositionMissing extends Error {
  override readonly name = 'PositionMissing';
}

/**
 * @param batch the batch's number, for the column that wants one
 * @param begun a transaction begun ahead, while the records were read
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
      await rollbackIfOpen(database, leased);
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

  /** S1: true when the load lies wholly behind the position, which then is moved and held. */
  async function advance(load: Load, transactionId: string): Promise<boolean> {
    const parameters = [...own, ...counts(load, memory.busyMs), textParameter('first', load.first)];
    const { updated } = await database.execute(ADVANCE_SQL, parameters, { transactionId });

    return updated === 1;
  }

  /** The part of the load that is not written yet, position moved over it. */
  async function unwritten(
    load: Load,
    transactionId: string,
    after: (sequence: string) => Load | undefined,
  ): Promise<Load | undefined> {
    if (await advance(load, transactionId)) {
      return load;
    }
    const { rows } = await database.execute(POSITION_SQL, own, { transactionId, json: true });
    const position = rows[0]?.['seq'];
    const rest = typeof position === 'string' ? after(position) : load;
    if (rest === undefined || (await advance(rest, transactionId))) {
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
    for (const rows of load.rejected) {
      await database.execute(QUARANTINE_SQL, [...own, mapping, textParameter('rows', rows)], options);
    }
  }

  async function writeOnce(
    plan: TaskPlan,
    load: Load,
    after: (sequence: string) => Load | undefined,
  ): Promise<Load | undefined> {
    const transaction = ahead ?? database.begin();
    ahead = undefined;
    const [transactionId] = await Promise.all([transaction, open()]);
    // Beside S1, not before it: it is only read when this writer was killed, and then it has long arrived.
    const lease = quietly(database.execute(LEASE_SQL, [...own, textParameter('transaction', transactionId)]));
    try {
      const rest = await unwritten(load, transactionId, after);
      if (rest !== undefined) {
        await insert(plan, rest, { transactionId });
      }
      await lease;
      await database.commit(transactionId);
      memory.busyMs = 0;

      return rest;
    } catch (error) {
      await lease;
      await rollbackIfOpen(database, transactionId);
      throw error;
    }
  }

  async function writeAtLeastOnce(plan: TaskPlan, load: Load): Promise<Load> {
    await open();
    await insert(plan, load, {});
    const { updated } = await database.execute(COUNT_SQL, [...own, ...counts(load, memory.busyMs)]);
    memory.opened = updated > 0;
    memory.busyMs = 0;

    return load;
  }

  return {
    write: (plan, load, after) =>
      plan.task.delivery === 'at-least-once' ? writeAtLeastOnce(plan, load) : writeOnce(plan, load, after),
    release: async () => void (await release()),
  };
}

function counts({ written, quarantined, bytes, last }: Load, busyMs: number): Parameter[] {
  return [
    longParameter('written', written),
    longParameter('quarantined', quarantined),
    longParameter('bytes', bytes),
    longParameter('busy', Math.round(busyMs)),
    textParameter('last', last),
  ];
}

/** A transaction that has ended, timed out or died with its server needs no rolling back. */
async function rollbackIfOpen(database: TaskDatabase, transactionId: string): Promise<void> {
  await quietly(database.rollback(transactionId));
}

async function quietly(work: Promise<unknown>): Promise<void> {
  try {
    await work;
  } catch {
    // What it was for is an optimisation; the call it belongs to meets the same fault and reports it.
  }
}
