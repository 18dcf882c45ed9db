import { type AdvanceFault, advanceFault } from './advance-function.ts';
import { ADVANCE_KEYS_ALONE_SQL } from './advance-keys-function.ts';
import { databaseFault } from './database-fault.ts';
import { arrivalsOf, keyName } from './key-claim.ts';
import {
  COUNT_LANE_SQL,
  COUNTING_LANES,
  HOLD_KEYS_SQL,
  HOLD_SQL,
  KEY_POSITIONS_SQL,
  LEASES_SQL,
  laneName,
  MOVE_KEYS_SQL,
  UNLEASE_SQL,
} from './key-position.ts';
import { fitOneRequest, type Load } from './load.ts';
import { openKeyed } from './open-lanes.ts';
import { counts, partInserter, quietly } from './part-inserter.ts';
import type { TaskPlan } from './plan.ts';
import { LEASE_SQL } from './position.ts';
import { type Part, PositionMissing, type ShardMemory, type ShardWriter, type TaskDatabase } from './shard-writer.ts';
import { longParameter, type Parameter, textParameter } from './statement.ts';

/** Keys whose positions are asked for at once: the Data API answers at most 1 MiB. */
const MAX_KEYS = 5000;

export interface KeyedWriterOptions {
  /** Task, epoch and shard. */
  readonly own: readonly Parameter[];
  readonly batch: string;
}

/**
 * The writer of a shard that several lanes read at once. A lane has some of the shard's partition keys, which ones only Lambda knows: so a
 * position is kept of each key, and whatever a lane does alone (its transaction's note too) goes by its keys.
 */
export function keyedWriter(
  database: TaskDatabase,
  memory: ShardMemory,
  { own, batch }: KeyedWriterOptions,
): ShardWriter {
  const { constants, insert } = partInserter(database, own, batch);
  const usualLane = Math.floor(Math.random() * COUNTING_LANES);

  async function release(part: Part): Promise<void> {
    const keys = textParameter('keys', JSON.stringify(part.keyClaim().keys));
    const { rows } = await database.execute(LEASES_SQL, [...own, keys], { json: true });
    await Promise.all(rows.map(({ transactionId }) => quietly(database.rollback(String(transactionId)))));
  }

  async function open(part: Part): Promise<void> {
    if (memory.opened) {
      return;
    }
    await release(part);
    await openKeyed(database, own);
    memory.opened = true;
  }

  /** What a lane's row is given. */
  function counted(part: Part, load: Load): Parameter[] {
    const { minute, inMinute, inMinuteBefore } = arrivalsOf(part.records);

    return [
      ...counts(part.claim, memory.busyMs),
      longParameter('rejected', load.rejected),
      textParameter('lane', laneName(memory.shard, usualLane)),
      longParameter('minute', minute),
      longParameter('inMinute', inMinute),
      longParameter('inMinuteBefore', inMinuteBefore),
    ];
  }

  async function count(part: Part, load: Load, options: { readonly transactionId?: string }): Promise<void> {
    const parameters = own.filter(({ name }) => name !== 'shard');
    const { updated } = await database.execute(COUNT_LANE_SQL, [...parameters, ...counted(part, load)], options);
    if (updated === 0) {
      throw positionMissing();
    }
  }

  async function writeOnce(plan: TaskPlan, part: Part): Promise<Part | undefined> {
    const [load] = await Promise.all([part.load(), open(part)]);
    const { moves } = part.keyClaim();
    const fits = load.fitsRequest && fitOneRequest([...load.rows, ...load.quarantine, moves]);
    const alone = fits && memory.withoutFunction === undefined && plan.images === undefined;
    const fault = alone ? await writeAdvancing(plan, part, load) : undefined;
    const written = alone && fault === undefined ? part : await writeTogether(plan, part);
    if (fault?.useless !== undefined) {
      memory.withoutFunction = fault.useless;
    }

    return written;
  }

  /** Positions, counts, rows and quarantine in one statement, or nothing and what was in the way. */
  async function writeAdvancing(plan: TaskPlan, part: Part, load: Load): Promise<AdvanceFault | undefined> {
    const [rows] = load.rows;
    const { base, moves } = part.keyClaim();
    const parameters = [
      ...own,
      ...counted(part, load),
      textParameter('first', part.claim.first),
      textParameter('mapping', plan.mappingVersion),
      textParameter('bad', load.quarantine[0] ?? ''),
      textParameter('base', base),
      textParameter('moves', moves),
      ...(rows === undefined ? [] : [...constants(plan), textParameter('rows', rows)]),
    ];
    try {
      await database.execute(rows === undefined ? ADVANCE_KEYS_ALONE_SQL : plan.statement.advancingKeys, parameters);

      return undefined;
    } catch (error) {
      const fault = advanceFault(error, databaseFault(error), load.rowCount);
      if (fault.worthTransaction) {
        return fault;
      }
      throw error;
    }
  }

  /** The same in one transaction: what of the part is not written yet. */
  async function writeTogether(plan: TaskPlan, part: Part): Promise<Part | undefined> {
    const id = await database.begin();
    const options = { transactionId: id };
    const claim = claimed(part, options);
    const note = [
      ...own.filter(({ name }) => name !== 'shard'),
      textParameter('shard', `${memory.shard}#${keyName(part.records[0]?.kinesis.partitionKey ?? '')}`),
      textParameter('transaction', id),
    ];
    // Sent together with the first statement, not waited for: if this writer is killed while it holds its keys, the note is there.
    const noted = quietly(database.execute(LEASE_SQL, note));
    try {
      const rest = await claim;
      if (rest !== undefined) {
        const load = await rest.load();
        await insert(plan, load, options);
        await count(rest, load, options);
      }
      await noted;
      await database.execute(UNLEASE_SQL, note, options);
      await database.commit(id);

      return rest;
    } catch (error) {
      await noted;
      await quietly(database.rollback(id));
      throw error;
    }
  }

  /** Holds the positions of the part's keys, and moves them over what is not written. */
  async function claimed(part: Part, options: { readonly transactionId: string }): Promise<Part | undefined> {
    const { rows } = await database.execute(HOLD_SQL, own, { ...options, json: true });
    const { seq: shardPosition, keyed } = rows[0] ?? {};
    if (Number(keyed ?? 0) === 0) {
      throw positionMissing();
    }
    const { keys, moves } = part.keyClaim();
    await database.execute(HOLD_KEYS_SQL, [...own, textParameter('moves', moves)], options);
    const positions = new Map<string, string>();
    for (let at = 0; at < keys.length; at += MAX_KEYS) {
      const some = textParameter('keys', JSON.stringify(keys.slice(at, at + MAX_KEYS)));
      const parameters = [...own, some, textParameter('first', part.claim.first)];
      const found = await database.execute(KEY_POSITIONS_SQL, parameters, { ...options, json: true });
      for (const { k, seq } of found.rows) {
        positions.set(String(k), String(seq));
      }
    }
    const ofShard = String(shardPosition);
    const rest = await part.afterEach((partitionKey) => {
      const ofKey = positions.get(keyName(partitionKey)) ?? '';

      return [ofKey, ofShard].toSorted().at(-1) ?? '';
    });
    if (rest !== undefined) {
      const moved = rest.keyClaim();
      const parameters = [...own, textParameter('base', moved.base), textParameter('moves', moved.moves)];
      await database.execute(MOVE_KEYS_SQL, parameters, options);
    }

    return rest;
  }

  async function writeAtLeastOnce(plan: TaskPlan, part: Part): Promise<Part> {
    const [load] = await Promise.all([part.load(), open(part)]);
    await insert(plan, load, {});
    await count(part, load, {});

    return part;
  }

  function positionMissing(): PositionMissing {
    memory.opened = false;

    return new PositionMissing(`there is no position of ${memory.task} for ${memory.shard}`);
  }

  return {
    release,
    async write(plan, part) {
      const written = await (plan.task.delivery === 'at-least-once'
        ? writeAtLeastOnce(plan, part)
        : writeOnce(plan, part));
      memory.busyMs = 0;

      return written;
    },
  };
}
