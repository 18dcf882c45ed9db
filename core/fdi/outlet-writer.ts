import { type DatabaseFault, databaseFault, type FaultKind } from './database-fault.ts';
import { copiedPosition } from './feed-position.ts';
import type { OutletPlan } from './outlet-plan.ts';
import { NotTaken, type OutgoingRow, type Outlet, RowsRefused } from './run-outlet.ts';
import type { RunFault } from './run-ports.ts';
import { type Part, type ShardMemory, type ShardWriter, shardWriter, type TaskDatabase } from './shard-writer.ts';

/** What a consumer remembers of a shard from batch to batch. */
export interface OutletMemory extends ShardMemory {
  /** The last record sent and counted, padded; undefined while nobody has looked. */
  sequence?: string;
}

export interface OutletSending<Row extends OutgoingRow> {
  readonly outlet: Outlet<Row>;
  readonly platform: TaskDatabase;
  readonly memory: OutletMemory;
  /** Fails when the invocation's time is over. */
  readonly inTime: <Answer>(call: Promise<Answer>) => Promise<Answer>;
}

const KINDS: Readonly<Record<RunFault['kind'], FaultKind>> = {
  data: 'data',
  slow: 'slow',
  passing: 'connection',
  lasting: 'other',
};

class Overtaken extends Error {
  override readonly name = 'Overtaken';
}

/** What an error means for the batch. Of the platform's database nothing says anything about the records. */
export function outletFault(error: unknown): DatabaseFault {
  if (error instanceof NotTaken) {
    const { kind, message, code } = error.fault;

    return { kind: KINDS[kind], message, ...(code !== undefined && { code }) };
  }
  const fault = databaseFault(error);

  return fault.kind === 'data' || fault.kind === 'slow' ? { ...fault, kind: 'other' } : fault;
}

/**
 * Sends one shard's parts, then moves their position in the platform's database and puts what cannot be sent into the quarantine, together.
 * Who dies between the two sends the part again, under the same ids: at least once, in the order of each key.
 */
export function outletWriter<Row extends OutgoingRow>({
  outlet,
  platform,
  memory,
  inTime,
}: OutletSending<Row>): ShardWriter<OutletPlan<Row>> {
  const positions = shardWriter(platform, memory, '');
  /** In this batch: a part that is divided, or tried again, holds them once more. */
  const acknowledged = new Set<string>();
  const refused = new Map<string, RunFault>();
  let isOver = false;

  /** What is still under way when the invocation's time is over must not go on in the next one, behind what that has sent. */
  async function hold(): Promise<void> {
    if (isOver) {
      throw new Overtaken('the time of the invocation is over');
    }
  }

  async function sendInTime(rows: readonly Row[]): Promise<void> {
    try {
      await inTime(send(rows));
    } catch (error) {
      isOver = outletFault(error).kind === 'other';
      throw error;
    }
  }

  async function unsent(part: Part): Promise<Part | undefined> {
    memory.sequence ??= (await copiedPosition(platform, memory))?.sequence ?? '';

    return memory.sequence < part.claim.first ? part : part.after(memory.sequence);
  }

  async function send(rows: readonly Row[]): Promise<void> {
    const known = rows.find(({ id }) => refused.has(id));
    if (known !== undefined) {
      throw new RowsRefused([known], refused.get(known.id) as RunFault);
    }
    try {
      await outlet.send(rows, { hold, acknowledged: ({ id }) => void acknowledged.add(id) });
    } catch (error) {
      const [only, ...more] = error instanceof RowsRefused ? error.rows : [];
      if (only !== undefined && more.length === 0) {
        refused.set(only.id, (error as RowsRefused).fault);
      }
      throw error;
    }
  }

  return {
    async write(plan, part) {
      const rest = await unsent(part);
      if (rest === undefined) {
        return undefined;
      }
      const rows = (await rest.entries).flatMap((entry) => plan.rowOf(entry) ?? []);
      const fresh = rows.filter(({ id }) => !acknowledged.has(id));
      if (fresh.length > 0) {
        await sendInTime(fresh);
      }
      const written = await positions.write(plan.moving, withoutRows(rest));
      const { last } = rest.claim;
      memory.sequence = memory.sequence !== undefined && memory.sequence > last ? memory.sequence : last;

      return written === undefined ? undefined : rest;
    },
    release: (part) => positions.release(part),
  };
}

/** The same records, of which nothing is to be written into a table. */
function withoutRows(part: Part): Part {
  return {
    ...part,
    load: async () => ({ ...(await part.load()), rows: [], rowCount: 0 }),
    after: async (sequence) => rowless(await part.after(sequence)),
    afterEach: async (written) => rowless(await part.afterEach(written)),
  };
}

function rowless(part: Part | undefined): Part | undefined {
  return part && withoutRows(part);
}
