import { databaseFault } from './database-fault.ts';
import type { FeedPlan } from './feed-plan.ts';
import { copiedPosition, copyPosition, type FeedKey, FeedPositions } from './feed-position.ts';
import type { FeedSessions } from './feed-sessions.ts';
import type { OutletTask } from './feed-task.ts';
import { writeFeedRows } from './feed-writer.ts';
import { loadOf } from './load.ts';
import type { OutletPlan } from './outlet-plan.ts';
import { QUARANTINE_CHANGED, READMIT_CALL } from './readmit-function.ts';
import type { Rejection } from './rejection.ts';
import { type HeldRecord, type ReplayWay, takenText } from './replay-held.ts';
import { databaseReplay } from './replay-into-database.ts';
import { outletReplay } from './replay-into-outlet.ts';
import { ReplayMarkers } from './replay-markers.ts';
import { type ClientIdOf, heldMessage } from './replay-message.ts';
import { rowOverwriting, sentOverwriting } from './replay-order.ts';
import { entriesAgain } from './replay-rejected.ts';
import type { Entry, RecordReader, StreamRecord } from './row.ts';
import type { RunDialect } from './run-dialect.ts';
import type { OutgoingRow, Outlet } from './run-outlet.ts';
import type { RunSession } from './run-session.ts';
import type { TaskDatabase } from './shard-writer.ts';
import { longParameter, textParameter } from './statement.ts';

/** What replaying the quarantine of a real-time task needs that writes elsewhere than into the platform's database. */
export interface DeliveryReplaying {
  readonly platform: TaskDatabase;
  /** Reads records with a plan, by the models that count now. */
  readonly read: (records: readonly StreamRecord[], plan: RecordReader) => Promise<readonly Entry[]>;
  readonly clientIdOf: ClientIdOf;
}

export interface FeedReplaying extends DeliveryReplaying {
  readonly plan: FeedPlan;
  readonly dialect: RunDialect;
  readonly sessions: Pick<FeedSessions, 'use'>;
  /** Of the platform's database, which has the quarantine. */
  readonly session: () => Promise<RunSession>;
  readonly batch: string;
  readonly pause: (ms: number) => Promise<void>;
  readonly random: () => number;
}

export interface OutletReplaying<Row extends OutgoingRow> extends DeliveryReplaying {
  readonly task: OutletTask;
  readonly outlet: Outlet<Row>;
  /** @param scope whose sequence numbers tell records apart */
  readonly planOf: (scope: string) => OutletPlan<Row>;
  /** No time to begin with more. */
  readonly isOver: () => boolean;
}

const TAKE_OUT_SQL = (ids: string) => `DELETE FROM causeway.quarantine WHERE Task = :task AND Id IN (${ids})`;
const READMIT_SQL = `SELECT ${READMIT_CALL} AS moved`;

/** Messages into a table of another database; their positions count them as written in the transaction that writes them. */
export function feedReplay(replaying: FeedReplaying): ReplayWay<Entry> {
  const { plan, dialect, sessions, platform, clientIdOf } = replaying;
  const { task, mappingVersion } = plan;
  const positionsOf = (records: readonly HeldRecord[]) =>
    byPosition(task.name, records).map(({ key, count }) => ({ positions: new FeedPositions(key, dialect), count }));
  const { settle, write } = databaseReplay<Entry>({
    ...{ task: task.name, faultOf: dialect.faultOf, use: (work) => sessions.use(work), platform: replaying.session },
    markers: new ReplayMarkers(task.name, dialect),
    pause: replaying.pause,
    random: replaying.random,

    ready: async (session) => plan.images?.ready(session),

    async move(session, records) {
      for (const { positions, count } of positionsOf(records)) {
        if (!(await positions.readmit(session, count))) {
          // Of a task whose database is another one now.
          await positions.open(session, await copiedPosition(platform, positions.key));
          await positions.readmit(session, count);
        }
      }
    },

    async write(session, items) {
      await writeFeedRows(
        session,
        plan,
        loadOf(
          plan,
          items.map(({ item }) => item),
        ),
        replaying.batch,
      );

      return { unchanged: 0 };
    },

    async takeOutAfter(records) {
      for (const { positions } of positionsOf(records)) {
        const position = await sessions.use((session) => positions.read(session));
        await (position && copyPosition(platform, positions.key, position));
      }
      const ids = records.map(({ id }) => id).join(', ');
      await platform.execute(TAKE_OUT_SQL(ids), [textParameter('task', task.name)]);
    },
  });

  return {
    ...{ task: task.name, mappingVersion, overwrites: rowOverwriting(task.name, task.target), write },
    ...(settle && { settle }),
    read: async (page) =>
      entriesAgain(
        await replaying.read(
          page.map((held) => heldMessage(held, clientIdOf)),
          plan,
        ),
      ),
  };
}

/** Messages into a topic or an API: what is acknowledged leaves the quarantine and counts as written, together. */
export function outletTaskReplay<Row extends OutgoingRow>(replaying: OutletReplaying<Row>): ReplayWay<Row> {
  const { task, outlet, planOf, platform, clientIdOf, isOver } = replaying;

  return {
    ...{
      task: task.name,
      mappingVersion: planOf('').moving.mappingVersion,
      overwrites: sentOverwriting(task.name, task.target),
    },
    async read(page) {
      const read = [];
      for (const held of page) {
        // Once it was refused, or corrected, it is another message: an API may remember what it said to the one before.
        const plan = planOf(`${held.epoch}/${held.shard} ${held.revision}.${held.attempts}`);
        const [entry] = await replaying.read([heldMessage(held, clientIdOf)], plan);
        const { outcome, model } = entry as Entry;
        const row = plan.rowOf(entry as Entry);
        read.push({ outcome: row ?? (outcome as Rejection), model });
      }

      return read;
    },
    write: outletReplay<Row, Row>({
      ...{ outlet, isOver, rowOf: (row) => row },
      takeOut: (records) => readmitted(platform, task.name, records),
    }),
  };
}

/** Counts them as written and takes them out of the quarantine, together: all of them, or each that is as it was sent. */
async function readmitted(platform: TaskDatabase, task: string, records: readonly HeldRecord[]): Promise<void> {
  try {
    await platform.execute(
      READMIT_SQL,
      [
        textParameter('task', task),
        longParameter('records', records.length),
        textParameter('taken', takenText(records)),
      ],
      { json: true },
    );
  } catch (error) {
    if (databaseFault(error).errno !== QUARANTINE_CHANGED) {
      throw error;
    }
    for (const one of records.length > 1 ? records : []) {
      await readmitted(platform, task, [one]);
    }
  }
}

function byPosition(task: string, records: readonly HeldRecord[]) {
  const groups = Map.groupBy(records, ({ epoch, shard }) => `${epoch}/${shard}`);

  return [...groups.entries()]
    .toSorted(([one], [other]) => (one < other ? -1 : 1))
    .flatMap(([, group]) => {
      const [first] = group;
      const key = first && ({ task, epoch: first.epoch, shard: first.shard } satisfies FeedKey);

      return key === undefined ? [] : [{ key, count: group.length }];
    });
}
