import { Refusal } from '../errors.ts';
import { databaseFault, type FaultKind } from './database-fault.ts';
import { loadOf } from './load.ts';
import type { TaskPlan } from './plan.ts';
import { NO_FUNCTION, QUARANTINE_CHANGED } from './readmit-function.ts';
import { Rejection } from './rejection.ts';
import {
  type HeldItem,
  QuarantineChanged,
  type ReadAgain,
  type ReplayRejectedAnswer,
  type ReplayRejectedRequest,
  replayHeld,
  takenText,
  writeInHalves,
} from './replay-held.ts';
import { type ClientIdOf, heldMessage } from './replay-message.ts';
import { rowOverwriting } from './replay-order.ts';
import type { Entry, StreamRecord } from './row.ts';
import type { TaskDatabase } from './shard-writer.ts';
import { longParameter, type Parameter, textParameter } from './statement.ts';
import type { TopicImages, Writing } from './topic-images.ts';

export interface ReplayRejectedPorts {
  readonly database: TaskDatabase;
  readonly plan: TaskPlan;
  readonly batch: string;
  /** Reads records with the plan, by the models that count now. */
  readonly read: (records: readonly StreamRecord[]) => Promise<readonly Entry[]>;
  readonly clientIdOf: ClientIdOf;
  readonly pause: (milliseconds: number) => Promise<void>;
  readonly random: () => number;
}

interface ReadmitStatement extends Omit<Writing, 'database' | 'transactionId'> {
  readonly sql: string;
  readonly parameters: readonly Parameter[];
}

const WAITS: Partial<Record<FaultKind, readonly number[]>> = {
  deadlock: [10, 30, 90, 270, 800],
  lock: [100, 500],
  connection: [50, 400],
};

/**
 * Replays some hundred records of a task into the platform's database, the oldest first: through the task's present mapping, into its table. Row,
 * position and quarantine change in one statement, so that a call which is killed anywhere, or runs beside another, neither loses a record nor
 * writes it twice, and the ledger goes on adding up. What is refused again stays, with the new reason.
 *
 * @throws Refusal CAUSEWAY.0412 where a replayed row could take the place of a newer one, or the database does not do its part
 */
export function replayRejected(
  ports: ReplayRejectedPorts,
  request: ReplayRejectedRequest,
): Promise<ReplayRejectedAnswer> {
  const { plan, database, clientIdOf } = ports;

  return replayHeld<Entry>(
    database,
    {
      task: plan.task.name,
      mappingVersion: plan.mappingVersion,
      overwrites: rowOverwriting(plan.task.name, plan.task.target),
      read: async (page) => entriesAgain(await ports.read(page.map((held) => heldMessage(held, clientIdOf)))),
      write: (items, done) => writeInHalves(items, (some) => readmit(ports, some), done),
    },
    request,
  );
}

/** What entries have become. */
export function entriesAgain(entries: readonly Entry[]): readonly ReadAgain<Entry>[] {
  return entries.map((entry) => ({
    outcome: entry.outcome instanceof Rejection ? entry.outcome : entry,
    model: entry.model,
  }));
}

/** Answers what the database has against one of the rows; then nothing is written. */
async function readmit(
  { database, plan, batch, pause, random }: ReplayRejectedPorts,
  good: readonly HeldItem<Entry>[],
) {
  const { statement, task } = plan;
  const load = loadOf(
    plan,
    good.map(({ item }) => item),
  );
  if (load.rows.length > 1) {
    return new Rejection('database', 'more than one call takes');
  }
  const {
    rows: [rows = '[]'],
    rowCount: count,
  } = load;
  const parameters = [
    textParameter('task', task.name),
    longParameter('records', good.length),
    textParameter('taken', takenText(good.map(({ held }) => held))),
    ...statement.constants,
    ...(statement.usesBatchNumber ? [textParameter('batch', batch)] : []),
    textParameter('rows', rows),
  ];
  for (let attempt = 0; ; attempt += 1) {
    try {
      await (plan.images === undefined
        ? database.execute(statement.readmitting, parameters)
        : readmitKeeping(database, plan.images, { sql: statement.readmitting, parameters, rows, count, batch }));

      return undefined;
    } catch (error) {
      const { kind, errno = 0, message } = databaseFault(error);
      if (errno === QUARANTINE_CHANGED) {
        throw new QuarantineChanged(message, { cause: error });
      }
      if (NO_FUNCTION.has(errno)) {
        throw new Refusal('CAUSEWAY.0412', {
          message: `The database lacks the function that replays: ${message}. Deploy the platform again.`,
          cause: error,
        });
      }
      if (kind === 'data' || kind === 'slow') {
        return new Rejection('database', message);
      }
      const wait = WAITS[kind]?.[attempt];
      if (wait === undefined) {
        throw error;
      }
      await pause(wait * (0.5 + random()));
    }
  }
}

/** The same in a transaction, with what the rows were before: a batch that was replayed can be undone, too. */
async function readmitKeeping(
  database: TaskDatabase,
  images: TopicImages,
  { sql, parameters, ...written }: ReadmitStatement,
): Promise<void> {
  await images.ready(database);
  const transactionId = await database.begin();
  try {
    await images.around({ ...written, database, transactionId }, () =>
      database.execute(sql, parameters, { transactionId }),
    );
    await database.commit(transactionId);
  } catch (error) {
    await database.rollback(transactionId).catch(() => undefined);
    throw error;
  }
}
