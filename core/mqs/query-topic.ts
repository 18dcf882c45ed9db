import { type TopicMessage, type TopicRecord, topicMessage } from './message.ts';
import { compareSequences } from './sequence-number.ts';
import { encodeProgress, type QueryProgress, type ShardCursor } from './shard-cursor.ts';

/** What a stream answers to one read of a shard. */
export interface ShardRead {
  readonly records: readonly TopicRecord[];
  /** How far behind the newest record the read ended, in milliseconds; 0 at the end. */
  readonly behindMs: number;
  /** Reads on from here; undefined when the shard is closed and nothing follows. */
  readonly next: string | undefined;
}

export interface TopicReader {
  /** A handle on a place in a shard, good for some minutes. */
  open(cursor: ShardCursor): Promise<string>;
  /** At the record with this sequence number; undefined when the shard cannot have it. */
  openAt(shard: string, sequenceNumber: string): Promise<string | undefined>;
  /** Undefined: the shard is read too often just now. */
  read(handle: string, limit: number): Promise<ShardRead | undefined>;
  readonly now: () => number;
  readonly wait: (milliseconds: number) => Promise<void>;
}

export interface TopicQuery {
  /** Only messages of this partition key. */
  readonly key?: string;
  /** The most messages of a page. */
  readonly limit: number;
  /** How long a page may take, in milliseconds: it ends then, with less than it could hold. */
  readonly budgetMs: number;
}

export interface MessagePage {
  /** In order of arrival over all shards. */
  readonly items: TopicMessage[];
  /** Records read, whether they were asked for or not. */
  readonly read: number;
  /** Absent when the end was reached: everything that had arrived by `until` has been looked at. */
  readonly next?: string;
  /** Milliseconds since 1970. */
  readonly until: number;
}

interface ShardState {
  cursor: ShardCursor;
  handle: string | undefined;
  /** Read and wanted, not yet answered. */
  readonly found: TopicRecord[];
  /** Nothing more will be read; it is done once `found` is empty. */
  exhausted: boolean;
  /** Not to be read before this time: consumers share what the shard gives. */
  readyAt: number;
}

/** Lambda adds 0.2 MB to what a function may answer (6 MB), and JSON may write a byte as six. */
const PAGE_BYTES = 3_500_000;
/** Two of the five reads a second, and half of the 2 MB a second, are left to the consumers. */
const READ_PAUSE_MS = 400;
const READ_BYTES_PER_MS = 1000;
/** All shards together hold so many records in memory at once. */
const RECORDS_AT_ONCE = 2000;
const RECORDS_PER_READ = 500;
/** The stream's clock is not ours. */
const CLOCK_MARGIN_MS = 2000;

/**
 * One page of a topic's messages. Shards are read side by side and merged by the time of arrival: a message is answered only when no shard
 * can have an earlier one. What was read and not answered is read again for the next page; every page ends further on than it began, unless
 * the stream refused every read.
 */
export async function queryTopic(
  reader: TopicReader,
  query: TopicQuery,
  { until, cursors }: QueryProgress,
): Promise<MessagePage> {
  const shards = cursors.map((cursor): ShardState => {
    return { cursor, handle: undefined, found: [], exhausted: false, readyAt: 0 };
  });
  const perRead = Math.max(20, Math.min(RECORDS_PER_READ, Math.floor(RECORDS_AT_ONCE / Math.max(1, shards.length))));
  const deadline = reader.now() + query.budgetMs;
  const items: TopicMessage[] = [];
  let bytes = 0;
  let read = 0;
  for (;;) {
    for (let shard = earliest(shards); shard !== undefined; shard = earliest(shards)) {
      const message = topicMessage(shard.cursor.shard, shard.found[0] as TopicRecord);
      const size = Buffer.byteLength(JSON.stringify(message));
      if (items.length >= query.limit || (items.length > 0 && bytes + size > PAGE_BYTES)) {
        return page(items, read, until, shards);
      }
      shard.found.shift();
      shard.cursor = { shard: shard.cursor.shard, after: message.sequenceNumber };
      items.push(message);
      bytes += size;
    }
    const waiting = shards.filter((shard) => shard.found.length === 0 && !shard.exhausted);
    const readyAt = Math.max(reader.now(), Math.min(...waiting.map((shard) => shard.readyAt)));
    if (waiting.length === 0 || items.length >= query.limit || readyAt >= deadline) {
      return page(items, read, until, shards);
    }
    await reader.wait(readyAt - reader.now());
    const ready = waiting.filter((shard) => shard.readyAt <= readyAt);
    const counts = await Promise.all(ready.map((shard) => fill(reader, shard, { ...query, until, perRead })));
    read += counts.reduce((sum, count) => sum + count, 0);
  }
}

/** The shard whose next message is the earliest of all; none while one of them may still come up with an earlier one. */
function earliest(shards: readonly ShardState[]): ShardState | undefined {
  const open = shards.filter((shard) => shard.found.length > 0 || !shard.exhausted);
  if (open.some((shard) => shard.found.length === 0)) {
    return undefined;
  }

  return open.reduce<ShardState | undefined>(
    (first, shard) => (first === undefined || arrival(shard) < arrival(first) ? shard : first),
    undefined,
  );
}

function arrival({ found }: ShardState): number {
  return (found[0] as TopicRecord).arrivedAt;
}

/** Reads a shard once and answers how many records came. */
async function fill(
  reader: TopicReader,
  shard: ShardState,
  { key, until, perRead }: TopicQuery & { readonly until: number; readonly perRead: number },
): Promise<number> {
  shard.handle ??= await reader.open(shard.cursor);
  const answer = await reader.read(shard.handle, perRead);
  if (answer === undefined) {
    shard.readyAt = reader.now() + READ_PAUSE_MS;

    return 0;
  }
  const { records, behindMs, next } = answer;
  const bytes = records.reduce((sum, { data }) => sum + data.length, 0);
  shard.readyAt = reader.now() + Math.max(READ_PAUSE_MS, bytes / READ_BYTES_PER_MS);
  shard.handle = next;
  const { after } = shard.cursor;
  const inTime = records.filter(({ arrivedAt }) => arrivedAt <= until);
  const wanted = inTime.filter(
    ({ partitionKey, sequenceNumber }) =>
      (key === undefined || partitionKey === key) &&
      (after === undefined || compareSequences(sequenceNumber, after) > 0),
  );
  shard.found.push(...wanted);
  shard.exhausted = next === undefined || inTime.length < records.length || behindMs === 0;
  if (wanted.length === 0) {
    shard.cursor = furtherOn(reader, shard.cursor, answer);
  }

  return records.length;
}

/** Past what nobody asked for. A long stretch without any record has no sequence number to go on from, only a time. */
function furtherOn(reader: TopicReader, cursor: ShardCursor, { records, behindMs }: ShardRead): ShardCursor {
  const last = records.at(-1);
  if (last !== undefined) {
    return { shard: cursor.shard, after: last.sequenceNumber };
  }
  const reached = reader.now() - behindMs - CLOCK_MARGIN_MS;

  return reached > (cursor.at ?? 0) ? { ...cursor, at: reached } : cursor;
}

/** The one message with a sequence number, wherever it is; undefined when no shard keeps it. */
export async function findMessage(
  reader: Pick<TopicReader, 'openAt' | 'read'>,
  shards: readonly string[],
  sequenceNumber: string,
): Promise<TopicMessage | undefined> {
  for (const shard of shards) {
    const handle = await reader.openAt(shard, sequenceNumber);
    const [record] = (handle === undefined ? undefined : await reader.read(handle, 1))?.records ?? [];
    if (record?.sequenceNumber === sequenceNumber) {
      return topicMessage(shard, record);
    }
  }
  return undefined;
}

function page(items: TopicMessage[], read: number, until: number, shards: readonly ShardState[]): MessagePage {
  const cursors = shards.filter((shard) => shard.found.length > 0 || !shard.exhausted).map(({ cursor }) => cursor);

  return { items, read, until, ...(cursors.length > 0 && { next: encodeProgress({ until, cursors }) }) };
}
