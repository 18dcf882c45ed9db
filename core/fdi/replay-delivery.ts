import { databaseFault } from './database-fault.ts';
import type { DocumentFeedPlan } from './document-feed-plan.ts';
import { DocumentPositions } from './document-positions.ts';
import type { FeedPlan } from './feed-plan.ts';
import { copiedPosition, copyPosition, type FeedKey, FeedPositions } from './feed-position.ts';
import type { FeedSessions } from './feed-sessions.ts';
import type { OutletTask } from './feed-task.ts';
import { type ShardPositions, writeFeedRows } from './feed-writer.ts';
import { loadOf } from './load.ts';
import type { OutletPlan } from './outlet-plan.ts';
import { QUARANTINE_CHANGED, READMIT_CALL } from './readmit-function.ts';
import type { Rejection } from './rejection.ts';
import { type HeldRecord, type ReadAgain, type ReplayWay, takenText } from './replay-held.ts';
import { databaseReplay } from './replay-into-database.ts';
import { outletReplay } from './replay-into-outlet.ts';
import { ReplayMarkers } from './replay-markers.ts';
import { type ClientIdOf, heldMessage } from './replay-message.ts';
import { MongoMarkers } from './replay-mongo-markers.ts';
import { documentOverwriting, rowOverwriting, sentOverwriting } from './replay-order.ts';
import { entriesAgain } from './replay-rejected.ts';
import type { Entry, RecordReader, StreamRecord } from './row.ts';
import type { RunDialect } from './run-dialect.ts';
import { mongoFault } from './run-mongo-fault.ts';
import type { MongoSession } from './run-mongo-port.ts';
import type { DocumentWriter } from './run-mongo-writer.ts';
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

interface TransactionReplaying extends DeliveryReplaying {
  /** Of the platform's database, which has the quarantine. */
  readonly session: () => Promise<RunSession>;
  readonly pause: (ms: number) => Promise<void>;
  readonly random: () => number;
}

export interface FeedReplaying extends TransactionReplaying {
  readonly plan: FeedPlan;
  readonly dialect: RunDialect;
  readonly sessions: Pick<FeedSessions, 'use'>;
  readonly batch: string;
}

export interface DocumentFeedReplaying extends TransactionReplaying {
  readonly plan: DocumentFeedPlan;
  readonly sessions: Pick<FeedSessions<MongoSession>, 'use'>;
  readonly writer: DocumentWriter;
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
  const { plan, dialect, sessions } = replaying;
  const { task, mappingVersion, images } = plan;
  const ways = databaseReplay<Entry>({
    ...{ task: task.name, faultOf: dialect.faultOf, use: (work) => sessions.use(work), platform: replaying.session },
    ...{ markers: new ReplayMarkers(task.name, dialect), pause: replaying.pause, random: replaying.random },
    ...movedPositions(replaying.platform, task.name, sessions, (key) => new FeedPositions(key, dialect)),
    ready: async (session) => images?.ready(session),

    async write(session, items) {
      const entries = items.map(({ item }) => item);
      await writeFeedRows(session, plan, loadOf(plan, entries), replaying.batch);

      return { unchanged: 0 };
    },
  });

  return {
    ...{ task: task.name, mappingVersion, overwrites: rowOverwriting(task.name, task.target), ...ways },
    read: (page) => messagesAgain(replaying, plan, page),
  };
}

/** Messages into a collection of MongoDB, in the same way. */
export function documentFeedReplay(replaying: DocumentFeedReplaying): ReplayWay<Entry> {
  const { plan, sessions, writer } = replaying;
  const { task, mappingVersion } = plan;
  const ways = databaseReplay<Entry, MongoSession>({
    ...{ task: task.name, faultOf: mongoFault, use: (work) => sessions.use(work), platform: replaying.session },
    ...{ markers: new MongoMarkers(task.name), pause: replaying.pause, random: replaying.random },
    ...movedPositions(replaying.platform, task.name, sessions, (key) => new DocumentPositions(key)),
    ready: (session) => writer.ready(session),
    write: (session, items) =>
      writer.write(
        session,
        items.flatMap(({ item }) => plan.rowOf(item) ?? []),
      ),
  });

  return {
    ...{ task: task.name, mappingVersion, overwrites: documentOverwriting(task.name, task.target), ...ways },
    read: (page) => messagesAgain(replaying, plan, page),
  };
}

interface Readmitting<Session> extends ShardPositions<Session> {
  readmit(session: Session, records: number): Promise<boolean>;
}

/** Positions that lie beside what is written, and what the platform is told of them. */
function movedPositions<Session>(
  platform: TaskDatabase,
  task: string,
  sessions: { use<Answer>(work: (session: Session) => Promise<Answer>): Promise<Answer> },
  positionsOf: (key: FeedKey) => Readmitting<Session>,
) {
  const moved = (records: readonly HeldRecord[]) =>
    byPosition(task, records).map(({ key, count }) => ({ positions: positionsOf(key), count }));

  return {
    async move(session: Session, records: readonly HeldRecord[]): Promise<void> {
      for (const { positions, count } of moved(records)) {
        if (!(await positions.readmit(session, count))) {
          // Of a task whose database is another one now.
          await positions.open(session, await copiedPosition(platform, positions.key));
          await positions.readmit(session, count);
        }
      }
    },

    async takeOutAfter(records: readonly HeldRecord[]): Promise<void> {
      for (const { positions } of moved(records)) {
        const position = await sessions.use((session) => positions.read(session));
        await (position && copyPosition(platform, positions.key, position));
      }
      const ids = records.map(({ id }) => id).join(', ');
      await platform.execute(TAKE_OUT_SQL(ids), [textParameter('task', task)]);
    },
  };
}

async function messagesAgain(
  { read, clientIdOf }: DeliveryReplaying,
  plan: RecordReader,
  page: readonly HeldRecord[],
): Promise<readonly ReadAgain<Entry>[]> {
  return entriesAgain(
    await read(
      page.map((held) => heldMessage(held, clientIdOf)),
      plan,
    ),
  );
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
