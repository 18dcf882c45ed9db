import type { Claim } from './claim.ts';
import { besideRows, ofPlatform } from './feed-fault.ts';
import type { FeedPlan } from './feed-plan.ts';
import {
  copiedPosition,
  copyPosition,
  type FeedKey,
  type FeedPosition,
  type FeedStep,
  platformKey,
} from './feed-position.ts';
import type { Load } from './load.ts';
import { QUARANTINE_COLUMNS, quarantineRows } from './quarantine.ts';
import type { Cells } from './row.ts';
import type { RunDialect } from './run-dialect.ts';
import type { RunSession } from './run-session.ts';
import { type Part, PositionMissing, type ShardWriter, type TaskDatabase } from './shard-writer.ts';
import type { Transactional } from './sole-session.ts';
import { textParameter } from './statement.ts';
import type { TopicTask } from './topic-task.ts';

/** What a consumer remembers of a shard from batch to batch. */
export interface FeedMemory {
  /** This container has made sure that there is a position. */
  opened: boolean;
  /** Milliseconds of batches that are not counted yet: a batch's own are known only when it is written. */
  busyMs: number;
}

/** What moves a position, in whatever database. */
export interface ShardPositions<Session> {
  readonly key: FeedKey;
  read(session: Session, options?: { readonly lock?: boolean }): Promise<FeedPosition | undefined>;
  open(session: Session, from?: FeedPosition): Promise<void>;
  advance(session: Session, step: FeedStep): Promise<boolean>;
  count(session: Session, step: FeedStep): Promise<boolean>;
}

/** What of a plan the writer itself looks at. */
interface WrittenPlan {
  readonly task: { readonly delivery: TopicTask['delivery'] };
  readonly mappingVersion: string;
}

export interface FeedWriting<Session extends Transactional, Plan> {
  readonly faultOf: RunDialect['faultOf'];
  readonly sessions: { use<Answer>(work: (session: Session) => Promise<Answer>): Promise<Answer> };
  readonly positions: ShardPositions<Session>;
  /** Before a transaction that writes. */
  readonly ready: (session: Session, plan: Plan) => Promise<void>;
  /** Writes the part's rows, in the caller's transaction. */
  readonly writeRows: (session: Session, plan: Plan, part: Part) => Promise<void>;
  /** The platform's database, which has the quarantine. */
  readonly platform: Pick<TaskDatabase, 'execute'>;
  readonly memory: FeedMemory;
}

export interface FeedWriter<Plan> extends ShardWriter<Plan> {
  /** Tells the platform how far the shard is: absolute counts, as often as one likes. */
  report(): Promise<void>;
}

/** A batch that comes again after its rows' transaction was lost brings its bad records again. */
const QUARANTINE_ONCE_SQL = `INSERT INTO causeway.quarantine (${QUARANTINE_COLUMNS})
SELECT :task, :epoch, :shard, ${quarantineRows(':mapping', ':rows')}
WHERE NOT EXISTS (SELECT 1 FROM causeway.quarantine q
  WHERE q.Task = :task AND q.Epoch = :epoch AND q.Shard = :shard AND q.Seq = CONVERT(j.seq USING ascii) COLLATE ascii_bin)`;

/**
 * Sends one shard's parts into another database, each with the position in one transaction. Bad records are in the platform's quarantine
 * before that is committed, while it holds the position: a record is never in neither of the two, and in the quarantine once.
 */
export function feedWriter<Session extends Transactional, Plan extends WrittenPlan>({
  faultOf,
  sessions,
  positions,
  platform,
  memory,
  ready,
  writeRows,
}: FeedWriting<Session, Plan>): FeedWriter<Plan> {
  const { key } = positions;
  const beside = <Answer>(work: Promise<Answer>) => besideRows({ faultOf }, work);

  async function open(session: Session): Promise<void> {
    if (memory.opened) {
      return;
    }
    await beside(openPosition(session));
    memory.opened = true;
  }

  async function openPosition(session: Session): Promise<void> {
    if ((await positions.read(session)) === undefined) {
      await positions.open(session, await ofPlatform(copiedPosition(platform, key)));
    }
  }

  function advance(session: Session, plan: Plan, { claim }: Part, { rejected }: Load): Promise<boolean> {
    const step = stepOf(claim, rejected, memory.busyMs);

    return beside(
      plan.task.delivery === 'at-least-once' ? positions.count(session, step) : positions.advance(session, step),
    );
  }

  /** Moves the position over the part, or over what of it is not written yet. */
  async function claimed(session: Session, plan: Plan, part: Part): Promise<Part | undefined> {
    if (await advance(session, plan, part, await part.load())) {
      return part;
    }
    const position = await beside(positions.read(session, { lock: true }));
    const rest = position === undefined ? part : await part.after(position.sequence);
    if (rest === undefined || (await advance(session, plan, rest, await rest.load()))) {
      return rest;
    }
    memory.opened = false;
    throw new PositionMissing(`there is no position of ${key.task} for ${key.shard}`);
  }

  async function quarantine({ mappingVersion }: Plan, { quarantine: texts }: Load): Promise<void> {
    for (const rows of texts) {
      const parameters = [...platformKey(key), textParameter('mapping', mappingVersion), textParameter('rows', rows)];
      await ofPlatform(platform.execute(QUARANTINE_ONCE_SQL, parameters));
    }
  }

  return {
    async write(plan, part) {
      await part.load();

      return sessions.use(async (session) => {
        await open(session);
        await ready(session, plan);
        try {
          await beside(session.begin());
          const rest = await claimed(session, plan, part);
          if (rest !== undefined) {
            await quarantine(plan, await rest.load());
            await writeRows(session, plan, rest);
          }
          await session.commit();
          memory.busyMs = 0;

          return rest;
        } catch (error) {
          await session.rollback();
          throw error;
        }
      });
    },

    // A predecessor's connection ended with it, and its transaction with that.
    release: async () => undefined,

    async report() {
      const position = await sessions.use((session) => positions.read(session));
      if (position !== undefined) {
        await copyPosition(platform, key, position);
      }
    },
  };
}

/** Writes rows in the caller's transaction. @param batch its number, for the column that wants one */
export async function writeFeedRows(
  session: RunSession,
  { task, statements, images }: FeedPlan,
  { rows, rowCount }: Pick<Load, 'rows' | 'rowCount'>,
  batch: string,
): Promise<void> {
  for (const text of rows) {
    const { settled } = statements;
    const changed =
      task.target.onlyChanged && settled !== undefined ? await differing(session, settled(text), text) : text;
    if (changed !== undefined) {
      const write = () => session.change(statements.write(changed, batch));
      await (images === undefined ? write() : images.around(session, { rows: changed, count: rowCount, batch }, write));
    }
  }
}

/** The rows that are not in the table as they are; undefined when all are. */
async function differing(
  session: RunSession,
  settled: Parameters<RunSession['query']>[0],
  text: string,
): Promise<string | undefined> {
  const known = new Set((await session.query(settled)).map((row) => Number(row['n'])));
  if (known.size === 0) {
    return text;
  }
  const rows = (JSON.parse(text) as readonly Cells[]).filter((_, at) => !known.has(at + 1));

  return rows.length === 0 ? undefined : JSON.stringify(rows);
}

function stepOf({ first, last, records, bytes }: Claim, rejected: number, busyMs: number): FeedStep {
  return { first, last, records, rejected, bytes, busyMs };
}
