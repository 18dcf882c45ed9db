import { Rejection } from './rejection.ts';
import {
  type HeldItem,
  type HeldRecord,
  QuarantineChanged,
  type ReplayWay,
  takenText,
  writeInHalves,
} from './replay-held.ts';
import type { RunFault } from './run-ports.ts';
import { type RunSession, type RunStatement, statement } from './run-session.ts';
import type { Transactional } from './sole-session.ts';

/** What was replayed into a database, kept in it: a quarantine elsewhere does not change in the same transaction. */
export interface Markers<Session> {
  /** @param isHeld which of these ids the quarantine still has; markers of others are removed */
  prepare(session: Session, isHeld: (ids: readonly number[]) => Promise<ReadonlySet<number>>): Promise<void>;
  /** The ids of those that are written already. */
  found(session: Session, records: readonly HeldRecord[]): Promise<ReadonlySet<number>>;
  /** In the transaction that writes what they mark. @throws QuarantineChanged when one of them is written already */
  put(session: Session, records: readonly HeldRecord[]): Promise<void>;
  /** When they have left the quarantine. */
  remove(session: Session, records: readonly HeldRecord[]): Promise<void>;
}

/** The quarantine is in the database that is written. */
interface TakenTogether<Session> {
  /** Takes them out of it, in the transaction that writes the rows. @param unchanged rows that were there already */
  readonly takeOut: (session: Session, records: readonly HeldRecord[], unchanged: number) => Promise<void>;
}

/** It is not. */
interface TakenAfter<Session> {
  readonly markers: Markers<Session>;
  /** Takes them out of it, whole or not at all. May be repeated. */
  readonly takeOutAfter: (records: readonly HeldRecord[], unchanged: number) => Promise<void>;
  /** Moves positions of the target, in the transaction that writes the rows. */
  readonly move?: (session: Session, records: readonly HeldRecord[]) => Promise<void>;
  /** Of the platform's database. */
  readonly platform: () => Promise<RunSession>;
}

export type DatabaseReplaying<Item, Session extends Transactional = RunSession> = (
  | TakenTogether<Session>
  | TakenAfter<Session>
) & {
  readonly task: string;
  readonly faultOf: (error: unknown) => RunFault;
  /** Of the target; another connection after one that failed. */
  readonly use: <Answer>(work: (session: Session) => Promise<Answer>) => Promise<Answer>;
  /** Before a transaction that writes. */
  readonly ready?: (session: Session) => Promise<void>;
  /** Writes the rows. */
  readonly write: (session: Session, items: readonly HeldItem<Item>[]) => Promise<{ readonly unchanged: number }>;
  readonly pause: (ms: number) => Promise<void>;
  readonly random: () => number;
};

const WAITS_MS: readonly number[] = [20, 100, 400, 1500];

const TAKEN = `causeway.quarantine q JOIN JSON_TABLE(?, '$[*]' COLUMNS(
  id BIGINT UNSIGNED PATH '$[0]' ERROR ON ERROR, revision INT UNSIGNED PATH '$[1]' ERROR ON ERROR)) j
  ON q.Id = j.id AND q.Revision = j.revision WHERE q.Task = ?`;
const HELD_SQL = `SELECT COUNT(*) AS n FROM ${TAKEN}`;
const TAKE_SQL = `DELETE q FROM ${TAKEN}`;

/** Records into a table of whatever database, each once: with the quarantine in one transaction, or by markers beside the rows. */
export function databaseReplay<Item, Session extends Transactional = RunSession>(
  replaying: DatabaseReplaying<Item, Session>,
): Pick<ReplayWay<Item>, 'settle' | 'write'> {
  const { task, use } = replaying;

  return {
    ...('takeOutAfter' in replaying && { settle: (page: readonly HeldRecord[]) => settled(replaying, page) }),
    write: (items, done) => writeInHalves(items, (some) => patiently(some), done),
  };

  async function patiently(items: readonly HeldItem<Item>[]): Promise<Rejection | undefined> {
    for (let attempt = 0; ; attempt += 1) {
      try {
        await writeOnce(items);

        return undefined;
      } catch (error) {
        if (error instanceof QuarantineChanged) {
          throw error;
        }
        const { kind, message } = replaying.faultOf(error);
        if (kind === 'data' || kind === 'slow') {
          return new Rejection('database', message);
        }
        const wait = WAITS_MS[attempt];
        if (kind !== 'passing' || wait === undefined) {
          throw error;
        }
        await replaying.pause(wait * (0.5 + replaying.random()));
      }
    }
  }

  async function writeOnce(items: readonly HeldItem<Item>[]): Promise<void> {
    const records = items.map(({ held }) => held);
    const { unchanged } = await use(async (session) => {
      await replaying.ready?.(session);

      return inTransaction(session, async () => {
        if ('takeOut' in replaying) {
          const answer = await replaying.write(session, items);
          await replaying.takeOut(session, records, answer.unchanged);

          return answer;
        }
        await replaying.markers.put(session, records);
        await replaying.move?.(session, records);
        await requireHeld(await replaying.platform(), task, records);

        return replaying.write(session, items);
      });
    });
    if ('takeOutAfter' in replaying) {
      await replaying.takeOutAfter(records, unchanged);
      await use((session) => replaying.markers.remove(session, records)).catch(() => undefined);
    }
  }
}

/** Takes out of the quarantine those of them that are as they were read. */
export function takeStatement(task: string, records: readonly HeldRecord[]): RunStatement {
  return statement(TAKE_SQL, [takenText(records), task]);
}

/** Takes exactly these out, in the caller's transaction. @throws QuarantineChanged */
export async function takeExactly(session: RunSession, task: string, records: readonly HeldRecord[]): Promise<void> {
  const taken = await session.change(takeStatement(task, records));
  if (taken !== records.length) {
    throw new QuarantineChanged('the quarantine has changed');
  }
}

/** What a call before had written, and did not come to say so. */
async function settled<Item, Session extends Transactional>(
  { task, use, platform, takeOutAfter, markers }: Extract<DatabaseReplaying<Item, Session>, TakenAfter<Session>>,
  page: readonly HeldRecord[],
): Promise<ReadonlySet<number>> {
  const found = await use(async (session) => {
    await markers.prepare(session, (ids) => stillHeld(platform, task, ids));

    return markers.found(session, page);
  });
  const written = page.filter(({ id }) => found.has(id));
  if (written.length > 0) {
    await takeOutAfter(written, 0);
    await use((session) => markers.remove(session, written)).catch(() => undefined);
  }

  return found;
}

async function stillHeld(
  platform: () => Promise<RunSession>,
  task: string,
  ids: readonly number[],
): Promise<ReadonlySet<number>> {
  const session = await platform();
  const rows = await session.query(
    statement(`SELECT Id AS id FROM causeway.quarantine WHERE Task = ? AND Id IN (${ids.join(', ')})`, [task]),
  );

  return new Set(rows.map((row) => Number(row['id'])));
}

/** While the target's transaction holds their markers: whoever took them meanwhile had removed its own by then. @throws QuarantineChanged */
async function requireHeld(platform: RunSession, task: string, records: readonly HeldRecord[]): Promise<void> {
  const [row] = await platform.query(statement(HELD_SQL, [takenText(records), task]));
  if (Number(row?.['n']) !== records.length) {
    throw new QuarantineChanged('the quarantine has changed');
  }
}

async function inTransaction<Answer>(session: Transactional, work: () => Promise<Answer>): Promise<Answer> {
  await session.begin();
  try {
    const answer = await work();
    await session.commit();

    return answer;
  } catch (error) {
    await session.rollback();
    throw error;
  }
}
