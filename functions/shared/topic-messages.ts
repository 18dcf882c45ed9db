import { InvalidSetting, Refusal } from '../../core/errors.ts';
import { findMessage, type MessagePage, queryTopic } from '../../core/mqs/query-topic.ts';
import { decodeProgress, type QueryProgress } from '../../core/mqs/shard-cursor.ts';
import { checkWholeNumber } from '../../core/platform/check-setting.ts';
import type { StreamShard, StreamViewer } from './streams.ts';

/** Times in milliseconds since 1970. With `next` the query goes on; everything but `limit` stays as it was. */
export interface MessageQuery {
  readonly since?: number;
  readonly until?: number;
  /** The partition key: the device's id, for what devices sent. */
  readonly key?: string;
  /** A shard, by its id or its number. */
  readonly partition?: string;
  /** The one message with this sequence number. */
  readonly sequence?: string;
  readonly limit?: number;
  readonly next?: string;
}

export interface MessageQueryPorts {
  readonly now: () => number;
  readonly wait: (milliseconds: number) => Promise<void>;
}

const DEFAULT_LIMIT = 100;
const MAX_LIMIT = 500;
/** The gateway waits 29 s; what is found by then is answered, with where to go on. */
const BUDGET_MS = 15_000;

/**
 * One page of a topic's messages.
 *
 * @throws InvalidSetting, or Refusal CAUSEWAY.0404 for a partition that is not there
 */
export async function topicMessages(
  { now, wait }: MessageQueryPorts,
  stream: StreamViewer,
  query: MessageQuery,
): Promise<MessagePage> {
  const { key, sequence, limit = DEFAULT_LIMIT } = query;
  checkWholeNumber('limit', limit, 1, MAX_LIMIT);
  if (sequence !== undefined) {
    const shards = await chosen(stream, query);
    const item = await findMessage(stream, shards.map(nameOf), checkSequence(sequence));

    return { items: item === undefined ? [] : [item], read: item === undefined ? 0 : 1, until: now() };
  }
  const progress = query.next === undefined ? await begin(now(), stream, query) : decodeProgress(query.next);

  return queryTopic(
    { ...stream, now, wait },
    { limit, budgetMs: BUDGET_MS, ...(key !== undefined && { key }) },
    progress,
  );
}

async function begin(now: number, stream: StreamViewer, query: MessageQuery): Promise<QueryProgress> {
  const { since, until = now } = query;
  if (since !== undefined && (!Number.isInteger(since) || since < 0 || since > now)) {
    throw new InvalidSetting('since', since, 'milliseconds since 1970, not in the future');
  }
  if (!Number.isInteger(until) || until < (since ?? 0)) {
    throw new InvalidSetting('until', until, 'milliseconds since 1970, not before since');
  }
  const shards = await chosen(stream, query);

  return {
    until: Math.min(until, now),
    cursors: shards.map(({ shard }) => ({ shard, ...(since !== undefined && { at: since }) })),
  };
}

/** The shards of the query: all, or the one that is named, by its id or its number. */
async function chosen(stream: StreamViewer, { since, partition }: MessageQuery): Promise<StreamShard[]> {
  const all = await stream.shards(since);
  if (partition === undefined) {
    return all;
  }
  const id = /^\d{1,12}$/.test(partition) ? `shardId-${partition.padStart(12, '0')}` : partition;
  const found = all.filter(({ shard }) => shard === id);
  if (found.length === 0) {
    throw new Refusal('CAUSEWAY.0404', {
      message: `There is no partition ${partition} with messages of that time; there are ${all.map(nameOf).join(', ')}.`,
    });
  }

  return found;
}

function checkSequence(sequence: string): string {
  if (!/^(0|[1-9]\d{0,128})$/.test(sequence)) {
    throw new InvalidSetting('sequence', sequence, 'a sequence number: digits only');
  }
  return sequence;
}

function nameOf({ shard }: StreamShard): string {
  return shard;
}
