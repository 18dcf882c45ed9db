import { Buffer } from 'node:buffer';
import { parseJson } from './json.ts';
import { Rejection } from './rejection.ts';
import type { HeldRecord, ReadAgain, ReplayWay } from './replay-held.ts';
import { databaseReplay, takeExactly, takeStatement } from './replay-into-database.ts';
import { outletReplay } from './replay-into-outlet.ts';
import { ReplayMarkers } from './replay-markers.ts';
import { rowOverwriting, sentOverwriting } from './replay-order.ts';
import type { Cells } from './row.ts';
import type { ScheduledTask } from './run-definition.ts';
import type { DatabaseTarget, OutletDestination } from './run-destination.ts';
import type { RunDialect } from './run-dialect.ts';
import { noteReplay } from './run-log.ts';
import type { OutgoingRow, Outlet } from './run-outlet.ts';
import type { RowPlan, RunFault, SourceField, SourceRecord } from './run-ports.ts';
import { RowWriter } from './run-row-writer.ts';
import { type OpenSession, type RunSession, type RunStatement, statement } from './run-session.ts';
import { soleSession, type Transactional } from './sole-session.ts';

/** What replaying the quarantine of a scheduled task needs, wherever it writes. */
export interface RunReplaying {
  readonly task: ScheduledTask;
  /** Of its source, as it is now. */
  readonly fields: readonly SourceField[];
  /** Of the platform's database, which has the quarantine and the log of runs. */
  readonly platform: () => Promise<RunSession>;
  /** The entry of the log that says what was written. */
  readonly run: string;
  readonly pause: (ms: number) => Promise<void>;
  readonly random: () => number;
}

export interface TableReplaying extends RunReplaying {
  readonly target: DatabaseTarget;
  readonly dialect: RunDialect;
  readonly open: OpenSession;
}

export interface OutletRunReplaying<Row extends OutgoingRow> extends RunReplaying {
  readonly target: OutletDestination;
  readonly outlet: Outlet<Row>;
  /** No time to begin with more. */
  readonly isOver: () => boolean;
}

const REMEMBERED_DAYS = 90;
/** What a run that reads them again as they were, does not put into the quarantine again. */
const REMEMBER_SQL = (ids: string) => `INSERT INTO causeway.replayed (Task, Shard, Seq, ReplayedAt)
SELECT q.Task, q.Shard, q.Seq, UTC_TIMESTAMP(3) FROM causeway.quarantine q WHERE q.Task = ? AND q.Id IN (${ids})
ON DUPLICATE KEY UPDATE ReplayedAt = UTC_TIMESTAMP(3)`;
const FORGET_SQL = `DELETE FROM causeway.replayed WHERE Task = ? AND ReplayedAt < UTC_TIMESTAMP(3) - INTERVAL ${REMEMBERED_DAYS} DAY LIMIT 1000`;

/** Records of a scheduled task, written into its table after all. @returns with what ends its connection; @throws InvalidSetting */
export async function tableReplay(
  replaying: TableReplaying,
): Promise<{ readonly way: ReplayWay<Cells>; readonly close: () => Promise<void> }> {
  const { task, target, dialect, open, fields, platform } = replaying;
  const { use, close } = reopened(open, dialect.faultOf);
  const writer = new RowWriter({ task, target, dialect });
  const plan = await use((session) => writer.plan(session, fields));
  const ways = databaseReplay<Cells>({
    ...{ task: task.name, faultOf: dialect.faultOf, use, pause: replaying.pause, random: replaying.random },
    ready: (session) => writer.ready(session),
    async write(session, items) {
      const rows = writer.folded(items.map(({ item }) => item));
      const isCompared = target.write === 'insert' ? target.keys.length > 0 : target.write === 'upsert';
      const settled = isCompared ? await writer.settled(session, rows) : new Set<Cells>();
      await writer.write(
        session,
        rows.filter((row) => !settled.has(row)),
      );

      return { unchanged: settled.size };
    },
    ...(target.place === 'platform'
      ? { takeOut: (session, records, unchanged) => takeOut(session, replaying, records, unchanged) }
      : {
          platform,
          markers: new ReplayMarkers(task.name, dialect),
          takeOutAfter: (records, unchanged) => takeOutWritten(replaying, records, unchanged),
        }),
  });

  return {
    way: {
      ...{ task: task.name, mappingVersion: plan.version, overwrites: rowOverwriting(task.name, target), ...ways },
      read: async (page) => page.map((held) => readAgain(plan, held)),
    },
    close,
  };
}

/** One session, another one after what a fault of it may have left. */
export function reopened<Session extends Transactional>(
  open: () => Promise<Session>,
  faultOf: (error: unknown) => RunFault,
) {
  const sole = soleSession(open);

  return {
    async use<Answer>(work: (session: Session) => Promise<Answer>): Promise<Answer> {
      try {
        return await sole.alone(work);
      } catch (error) {
        if (faultOf(error).kind === 'passing') {
          await sole.close();
        }
        throw error;
      }
    },
    close: () => sole.close(),
  };
}

/** Records of a scheduled task, sent after all. @throws InvalidSetting */
export function outletRunReplay<Row extends OutgoingRow>(replaying: OutletRunReplaying<Row>): ReplayWay<Row> {
  const { task, target, outlet, fields, isOver } = replaying;
  const plans = new Map<string, RowPlan<Row>>();
  const planOf = (scope: string) => {
    const plan = plans.get(scope) ?? outlet.plan(fields, scope);
    plans.set(scope, plan);

    return plan;
  };

  return {
    ...{ task: task.name, mappingVersion: planOf('').version, overwrites: sentOverwriting(task.name, target) },
    async read(page) {
      const again: ReadAgain<Row>[] = [];
      for (const held of page) {
        const plan = planOf(`${held.row['traceId']} ${held.revision}.${held.attempts}`);
        const record = recordOf(held);
        await (record instanceof Rejection ? undefined : plan.compute?.([record]));
        again.push({ outcome: record instanceof Rejection ? record : plan.read(record) });
      }

      return again;
    },
    write: outletReplay<Row, Row>({
      ...{ outlet, isOver, rowOf: (row) => row },
      // One that was corrected while it was sent stays.
      takeOut: (records) => takeOutAlone(replaying, records, takeStatement(task.name, records), 0),
    }),
  };
}

export function readAgain<Row>(plan: RowPlan<Row>, held: HeldRecord): ReadAgain<Row> {
  const record = recordOf(held);

  return { outcome: record instanceof Rejection ? record : plan.read(record) };
}

/** A record as its source gave it, or as somebody corrected it: JSON. */
function recordOf({ row, body }: HeldRecord): SourceRecord | Rejection {
  let value: unknown;
  try {
    value = parseJson(Buffer.from(body, 'base64').toString('utf8'));
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);

    return new Rejection('syntax', `what is replayed is not JSON: ${reason}`);
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return new Rejection('syntax', 'what is replayed is no object with the fields of a record: correct it to one');
  }
  const { key } = JSON.parse(String(row['origin'] ?? '{}')) as { readonly key?: string };

  return { value, position: String(row['partitionKey']), ...(key !== undefined && { key }) };
}

async function takeOut(
  session: RunSession,
  { task, run }: RunReplaying,
  records: readonly HeldRecord[],
  unchanged: number,
): Promise<void> {
  await remember(session, task.name, records);
  await takeExactly(session, task.name, records);
  await noteReplay(session, { id: run, task: task.name }, { replayed: records.length, unchanged });
}

/** Of records that are where they belong, whoever has corrected one since. */
export function takeOutWritten(
  replaying: RunReplaying,
  records: readonly HeldRecord[],
  unchanged: number,
): Promise<void> {
  const sql = `DELETE FROM causeway.quarantine WHERE Task = ? AND Id IN (${idsOf(records)})`;

  return takeOutAlone(replaying, records, statement(sql, [replaying.task.name]), unchanged);
}

async function takeOutAlone(
  { task, run, platform }: RunReplaying,
  records: readonly HeldRecord[],
  deletion: RunStatement,
  unchanged: number,
): Promise<void> {
  const session = await platform();
  await session.begin();
  try {
    await remember(session, task.name, records);
    const replayed = await session.change(deletion);
    // Others may have taken some out, and said so.
    await noteReplay(session, { id: run, task: task.name }, { replayed, unchanged: Math.min(unchanged, replayed) });
    await session.commit();
  } catch (error) {
    await session.rollback();
    throw error;
  }
}

async function remember(session: RunSession, task: string, records: readonly HeldRecord[]): Promise<void> {
  await session.change(statement(REMEMBER_SQL(idsOf(records)), [task]));
  await session.change(statement(FORGET_SQL, [task]));
}

function idsOf(records: readonly HeldRecord[]): string {
  return records.map(({ id }) => id).join(', ');
}
