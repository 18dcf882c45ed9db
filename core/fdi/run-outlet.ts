import { isFollowed, type ScheduledTask } from './run-definition.ts';
import { mysqlDialect } from './run-mysql.ts';
import type { Checkpoint, PagePart, RowPlan, RunFault, RunTarget, SourceField } from './run-ports.ts';
import { PLATFORM_POSITIONS, RunPositions } from './run-positions.ts';
import type { OpenSession } from './run-session.ts';
import { isReadAgain } from './run-source.ts';
import { soleSession } from './sole-session.ts';

/** What is sent of a record, whatever else it holds. */
export interface OutgoingRow {
  /** The same however often it is sent. */
  readonly id: string;
}

export interface Sending<Row> {
  /** Asked before each request. @throws Fenced when another process works on the task */
  readonly hold: () => Promise<void>;
  /** The row is where it belongs: it is not sent again by this process. */
  readonly acknowledged: (row: Row) => void;
}

/** A way out of the platform that knows no transactions: what it acknowledges is there, and what it does not may be. */
export interface Outlet<Row extends OutgoingRow> {
  /** @throws InvalidSetting naming what cannot work */
  plan(fields: readonly SourceField[], run: string): RowPlan<Row>;
  /** The most records that are sent between two places; may change. */
  readonly recordsAtOnce: number;
  /** Sends the rows, those of one key in their order. @throws NotTaken, RowsRefused, or what `sending.hold` throws */
  send(rows: readonly Row[], sending: Sending<Row>): Promise<void>;
  /** What is sent of a row, for people. */
  show(row: Row): Readonly<Record<string, unknown>>;
  /** Never throws. */
  close(): Promise<void>;
}

/** A request came to nothing. */
export class NotTaken extends Error {
  override readonly name: string = 'NotTaken';
  readonly fault: RunFault;

  constructor(fault: RunFault) {
    super(fault.message);
    this.fault = fault;
  }
}

/** The receiver does not take these: they are divided until it is known which one it does not. */
export class RowsRefused extends NotTaken {
  override readonly name = 'RowsRefused';
  readonly rows: readonly OutgoingRow[];

  constructor(rows: readonly OutgoingRow[], fault: RunFault) {
    super(fault);
    this.rows = rows;
  }
}

export interface OutletWriting<Row extends OutgoingRow> {
  readonly task: ScheduledTask;
  readonly outlet: Outlet<Row>;
  /** Of the platform's database, where the place is. */
  readonly open: OpenSession;
  /** Milliseconds. */
  readonly now: () => number;
}

/** A task is held for a minute; whoever has not said anything for a third of it asks whether it still is. */
const HELD_MS = 20_000;
/** Of a source that is read again: so many of the last records are known by their ids when they come again as they were. */
const REMEMBERED = 1000;
const SHORT_ID = 16;

/** What lies beside a place, and a mark. */
interface Kept {
  readonly at: Checkpoint;
  readonly sent: readonly string[];
}

/**
 * A target that is told by requests. The place is in the platform's database and moves behind records that were acknowledged: nothing is lost, and
 * what a process sent that died before it could move the place is sent again, under the same id.
 */
export function outletTarget<Row extends OutgoingRow>(writing: OutletWriting<Row>): RunTarget<Row> {
  const { task, outlet, open, now } = writing;
  const positions = new RunPositions(task.name, PLATFORM_POSITIONS, mysqlDialect);
  const owesRest = isFollowed(task);
  const sessions = soleSession(open);
  const remembers = isReadAgain(task.source);
  /** Since the place was last moved: a part that is divided, or tried again, holds them once more. */
  const acknowledged = new Set<string>();
  const refused = new Map<string, RunFault>();
  let sent = new Set<string>();
  let run = '';
  let heldAt = now();

  function keep(at: Checkpoint): Checkpoint {
    return remembers ? ({ at, sent: [...sent] } satisfies Kept) : at;
  }

  async function hold(): Promise<void> {
    if (now() - heldAt > HELD_MS) {
      await sessions.together(async (own) => {
        await positions.lock(own);
        await positions.renew(own);
      });
      heldAt = now();
    }
  }

  async function send(rows: readonly Row[]): Promise<void> {
    const known = rows.find(({ id }) => refused.has(id));
    if (known !== undefined) {
      throw new RowsRefused([known], refused.get(known.id) as RunFault);
    }
    try {
      await outlet.send(rows, { hold, acknowledged: ({ id }) => acknowledged.add(id) });
    } catch (error) {
      if (error instanceof RowsRefused && error.rows.length === 1) {
        refused.set(error.rows[0]?.id ?? '', error.fault);
      }
      throw error;
    }
  }

  return {
    get recordsAtOnce() {
      return outlet.recordsAtOnce;
    },

    plan: async (fields) => outlet.plan(fields, run),

    async claim(request) {
      const claim = await sessions.alone(async (own) => {
        await positions.prepare(own);

        return positions.claim(own, request);
      });
      if (claim.kind !== 'claimed') {
        return claim;
      }
      heldAt = now();
      run = claim.run;
      const [place, mark] = [keptOf(claim.checkpoint), keptOf(claim.mark)];
      sent = new Set((claim.checkpoint === null ? mark : place).sent);

      return { ...claim, checkpoint: place.at, mark: mark.at };
    },

    async write({ rows, rejected, checkpoint, bytes }: PagePart<Row>) {
      const isNew = ({ id }: Row) => !sent.has(shortened(id));
      const fresh = remembers ? rows.filter(isNew) : rows;
      const unsent = fresh.filter(({ id }) => !acknowledged.has(id));
      if (unsent.length > 0) {
        await send(unsent);
      }
      const unchanged = rows.length - fresh.length;
      const written = remembers ? remembered(sent, rows) : sent;
      const before = sent;
      sent = written;
      const step = { checkpoint: keep(checkpoint), read: rows.length + rejected, rejected, bytes };
      try {
        await sessions.alone((own) => positions.advance(own, { ...step, unchanged, written: fresh.length }));
      } catch (error) {
        sent = before;
        throw error;
      }
      heldAt = now();
      for (const { id } of rows) {
        acknowledged.delete(id);
      }

      return { unchanged };
    },

    async renew() {
      if (!sessions.isBusy) {
        await sessions.alone((own) => positions.renew(own)).catch(() => undefined);
      }
    },

    finish: (mark) =>
      sessions.together(async (own) => {
        const awaited = await positions.lock(own);
        await positions.finish(own, keep(mark), owesRest);

        return awaited;
      }),

    async followed(ended) {
      await (owesRest ? sessions.alone((own) => positions.followed(own, ended)).catch(() => undefined) : undefined);
    },

    show: (row) => outlet.show(row),

    async release() {
      await sessions.alone((own) => positions.release(own)).catch(() => undefined);
    },

    faultOf(error) {
      if (error instanceof NotTaken) {
        return error.fault;
      }
      const fault = mysqlDialect.faultOf(error);

      return fault.kind === 'data' || fault.kind === 'slow' ? { ...fault, kind: 'lasting' } : fault;
    },

    async close() {
      await Promise.all([sessions.close(), outlet.close()]);
    },
  };
}

/** What was kept by a target of another kind is a place as it is. */
function keptOf(value: Checkpoint): Kept {
  const { at, sent } = (value ?? {}) as { readonly at?: Checkpoint; readonly sent?: unknown };

  return at !== undefined && Array.isArray(sent) ? { at, sent: sent as string[] } : { at: value, sent: [] };
}

/** The last ones, the newest at the end. */
function remembered(sent: ReadonlySet<string>, rows: readonly OutgoingRow[]): Set<string> {
  const all = new Set(sent);
  for (const id of rows.map((row) => shortened(row.id))) {
    all.delete(id);
    all.add(id);
  }

  return new Set([...all].slice(-REMEMBERED));
}

function shortened(id: string): string {
  return id.slice(0, SHORT_ID);
}
