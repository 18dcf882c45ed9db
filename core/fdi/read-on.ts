import { MINUTE_MS } from './ledger.ts';
import type { TaskDatabase } from './shard-writer.ts';
import type { TaskEntry } from './task-entry.ts';
import { taskPositions } from './task-positions.ts';
import type { TopicReader } from './topic-reader.ts';

/** Arrival times are approximate, and the ledger, which lags some minutes, keeps its account when the new mapping begins before its last look. */
const MARGIN_MS = 15 * MINUTE_MS;

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
  const { sequences } = await taskPositions(database, task);
  const earliest = task.epoch === undefined || begun === 'oldest' ? 0 : begun.getTime();
  const arrivals = (await topics.shards(streamArn)).map((shard) =>
    firstBehind(topics, { streamArn, shard, sequence: sequences.get(shard) ?? '', earliest }),
  );
  const first = Math.min(now().getTime(), ...(await Promise.all(arrivals)));
  const margin = task.delivery === 'at-least-once' ? 0 : MARGIN_MS;

  return new Date(Math.max(earliest, first - margin));
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
