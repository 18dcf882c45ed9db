import { isoTime } from './database-time.ts';
import { MINUTE_MS } from './ledger.ts';
import type { TaskDatabase } from './shard-writer.ts';
import { longParameter, textParameter } from './statement.ts';
import type { TaskEntry } from './task-entry.ts';
import { taskEpoch, taskPositions } from './task-positions.ts';
import type { TopicReader } from './topic-reader.ts';

/** Arrival times are approximate, and the ledger, which lags some minutes, keeps its account when the new mapping begins before its last look. */
const MARGIN_MS = 15 * MINUTE_MS;

const OK_SQL = 'SELECT CAST(OkAt AS CHAR) AS okAt FROM causeway.ledger WHERE Task = :task AND Epoch = :epoch';

export interface ReadOnPorts {
  readonly database: Pick<TaskDatabase, 'execute'>;
  readonly topics: Pick<TopicReader, 'shards' | 'pages'>;
  readonly now: () => Date;
}

/**
 * From when a new mapping of the same topic has to read, so that nothing is missed: before the arrival of the first message that is not
 * written. What it reads again stays as it is, by the positions; a task without them (at least once) gets no margin, and writes twice what
 * its other shards had written since.
 *
 * @param task as it was read so far
 * @param begun where its mapping began: what a reset task left out before stays left out
 */
export async function readOnFrom(
  { database, topics, now }: ReadOnPorts,
  task: TaskEntry,
  begun: Date | 'oldest',
): Promise<Date> {
  const streamArn = task.settings?.streamArn ?? '';
  const positions = await taskPositions(database, task);
  const { sequences } = positions;
  const earliest = task.epoch === undefined || begun === 'oldest' ? 0 : begun.getTime();
  const margin = task.delivery === 'at-least-once' ? 0 : MARGIN_MS;
  if (positions.keyedAt !== undefined) {
    // Before the newest message handled others may wait. All that had arrived when the account last added up is handled.
    const complete = await lastComplete(database, task);

    return new Date(Math.max(earliest, complete - margin));
  }
  const arrivals = (await topics.shards(streamArn)).map((shard) =>
    firstBehind(topics, { streamArn, shard, sequence: sequences.get(shard) ?? '', earliest }),
  );
  const first = Math.min(now().getTime(), ...(await Promise.all(arrivals)));

  return new Date(Math.max(earliest, first - margin));
}

/** 0 while nothing has added up. */
async function lastComplete(database: Pick<TaskDatabase, 'execute'>, task: TaskEntry): Promise<number> {
  const parameters = [textParameter('task', task.name), longParameter('epoch', taskEpoch(task))];
  const { rows } = await database.execute(OK_SQL, parameters, { json: true });
  const okAt = rows[0]?.['okAt'];

  return typeof okAt === 'string' ? Date.parse(isoTime(okAt)) : 0;
}

/** When it arrived; in no time at all when there is none. */
async function firstBehind(
  topics: ReadOnPorts['topics'],
  {
    streamArn,
    shard,
    sequence,
    earliest,
  }: { readonly streamArn: string; readonly shard: string; readonly sequence: string; readonly earliest: number },
): Promise<number> {
  const begin = earliest === 0 ? ('oldest' as const) : { at: earliest };
  for await (const [record] of topics.pages(streamArn, shard, sequence === '' ? begin : { after: sequence }, 1)) {
    if (record !== undefined) {
      return record.arrivedAt;
    }
  }

  return Number.POSITIVE_INFINITY;
}
