import { type DatabaseFault, databaseFault, type FaultKind } from './database-fault.ts';
import { type Load, loadOf } from './load.ts';
import type { TaskPlan } from './plan.ts';
import { Rejection } from './rejection.ts';
import type { Entry } from './row.ts';
import { PositionMissing, type ShardWriter } from './shard-writer.ts';

/** A batch of one shard on its way into its table. */
export interface Batch {
  readonly writer: ShardWriter;
  /** Reads the table's columns again: the plan made from them when they have changed, else `undefined`. */
  readonly replan: () => Promise<TaskPlan | undefined>;
  /** Resolves after so many milliseconds; rejects when the invocation's time is over. */
  readonly pause: (ms: number) => Promise<void>;
  /** From 0 to 1, so that writers that collided once do not collide again. */
  readonly random: () => number;
}

/** What became of a batch. */
export interface BatchOutcome {
  /** Records written (an upsert's stale and folded ones among them), by this invocation. */
  readonly written: number;
  /** Entries that went into the quarantine. */
  readonly rejected: readonly Entry[];
  /** Where to go on, when the database would not: everything before is written. */
  readonly unwritten?: { readonly entry: Entry; readonly fault: DatabaseFault; readonly cause: unknown };
}

/** Waits before the next attempt of a transaction, in ms; when they are used up, the batch waits for its next invocation. */
const WAITS: Partial<Record<FaultKind, readonly number[]>> = {
  deadlock: [10, 30, 90, 270, 800],
  lock: [0, 200, 1000],
  connection: [50, 400],
};
/** Errors of a table that was altered under the consumer: unknown column, wrong number of columns, changed definition. */
const ALTERED: ReadonlySet<number> = new Set([1054, 1136, 1412]);

/** The database would not, and it was not the data's fault. */
class Interrupted extends Error {
  override readonly name = 'Interrupted';
  readonly entry: Entry;
  readonly fault: DatabaseFault;

  constructor(entry: Entry, fault: DatabaseFault, cause: unknown) {
    super(fault.message, { cause });
    this.entry = entry;
    this.fault = fault;
  }
}

/**
 * Writes a batch: whole if it can be, else in halves down to the row that the database refuses, which goes into the quarantine.
 * Never throws for what the database does.
 *
 * @param entries in the order of their sequence numbers, at least one
 */
export async function writeBatch(batch: Batch, plan: TaskPlan, entries: readonly Entry[]): Promise<BatchOutcome> {
  const done = { written: 0, rejected: [] as Entry[] };
  try {
    await writeEntries({ ...batch, plan, done, replanned: false }, entries);
  } catch (error) {
    if (!(error instanceof Interrupted)) {
      throw error;
    }
    const { entry, fault, cause } = error;

    return { ...done, unwritten: { entry, fault, cause } };
  }

  return done;
}

interface Progress extends Batch {
  plan: TaskPlan;
  replanned: boolean;
  readonly done: { written: number; rejected: Entry[] };
}

async function writeEntries(progress: Progress, entries: readonly Entry[]): Promise<void> {
  const fault = await transaction(progress, entries);
  if (fault === undefined) {
    return;
  }
  const again = await reread(progress, entries);
  if (again !== undefined) {
    return writeEntries(progress, again);
  }
  if (fault.kind !== 'data' && fault.kind !== 'slow') {
    throw new Interrupted(entries[0] as Entry, fault, fault.message);
  }
  const good = entries.filter(({ outcome }) => !(outcome instanceof Rejection));
  if (good.length > 1) {
    const middle = entries.indexOf(good[good.length >> 1] as Entry);
    await writeEntries(progress, entries.slice(0, middle));

    return writeEntries(progress, entries.slice(middle));
  }
  if (good.length === 0 || fault.kind === 'slow') {
    throw new Interrupted(entries[0] as Entry, fault, fault.message);
  }
  const refused = new Rejection('database', fault.message);

  return writeEntries(
    progress,
    entries.map((entry) => (entry === good[0] ? { ...entry, outcome: refused } : entry)),
  );
}

/** One transaction, repeated while that can help; answers the fault that only a smaller transaction can get past. */
async function transaction(progress: Progress, entries: readonly Entry[]): Promise<DatabaseFault | undefined> {
  const { writer, plan } = progress;
  const load = loadOf(plan, entries);
  const after = (sequence: string) => restOf(plan, entries, sequence);
  for (let attempt = 0; ; attempt += 1) {
    try {
      count(progress, entries, await writer.write(plan, load, after));

      return undefined;
    } catch (error) {
      const fault =
        error instanceof PositionMissing
          ? { kind: 'connection' as const, message: error.message }
          : databaseFault(error);
      if (fault.kind === 'data' || fault.kind === 'slow' || isAltered(progress, fault)) {
        return fault;
      }
      const wait = WAITS[fault.kind]?.[attempt];
      if (wait === undefined) {
        throw new Interrupted(entries[0] as Entry, fault, error);
      }
      await interrupting(entries, () => recover(progress, fault, wait));
    }
  }
}

async function recover({ writer, pause, random }: Progress, fault: DatabaseFault, wait: number): Promise<void> {
  if (fault.kind === 'lock') {
    await writer.release();
  }
  await pause(wait * (0.5 + random()));
}

async function interrupting<T>(entries: readonly Entry[], work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw new Interrupted(entries[0] as Entry, databaseFault(error), error);
  }
}

function isAltered({ replanned }: Progress, { errno }: DatabaseFault): boolean {
  return !replanned && errno !== undefined && ALTERED.has(errno);
}

/** After the first refusal of the database: the entries read anew, if the table is no longer what the plan was made for. */
async function reread(progress: Progress, entries: readonly Entry[]): Promise<readonly Entry[] | undefined> {
  if (progress.replanned) {
    return undefined;
  }
  progress.replanned = true;
  const plan = await interrupting(entries, progress.replan);
  if (plan === undefined) {
    return undefined;
  }
  progress.plan = plan;

  return entries.map(({ record }) => plan.read(record));
}

function restOf(plan: TaskPlan, entries: readonly Entry[], sequence: string): Load | undefined {
  const rest = entries.filter((entry) => entry.sequence > sequence);

  return rest.length === 0 ? undefined : loadOf(plan, rest);
}

function count({ done }: Progress, entries: readonly Entry[], load: Load | undefined): void {
  if (load === undefined) {
    return;
  }
  done.written += load.written;
  for (const entry of entries) {
    if (entry.outcome instanceof Rejection && entry.sequence >= load.first) {
      done.rejected.push(entry);
    }
  }
}
