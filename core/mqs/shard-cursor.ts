import { InvalidSetting } from '../errors.ts';

/**
 * Where reading a shard goes on: at a time in milliseconds since 1970, else behind a record, else at the oldest one. With both, the time
 * is the later, and records up to `after` have been seen.
 */
export interface ShardCursor {
  readonly shard: string;
  readonly after?: string;
  readonly at?: number;
}

/** What a query needs to go on where a page of it ended. */
export interface QueryProgress {
  /** Messages that arrived later are not asked for; fixed by the first page. */
  readonly until: number;
  readonly cursors: readonly ShardCursor[];
}

/** Opaque to the caller. */
export function encodeProgress({ until, cursors }: QueryProgress): string {
  const entries = cursors.map(({ shard, after, at }) => [shard, after ?? '', at ?? 0]);

  return Buffer.from(JSON.stringify([until, entries])).toString('base64url');
}

/** The caller hands it back, so anything may come. @throws InvalidSetting */
export function decodeProgress(next: string): QueryProgress {
  try {
    const [until, entries] = JSON.parse(Buffer.from(next, 'base64url').toString('utf8')) as [unknown, unknown];
    if (isTime(until) && Array.isArray(entries)) {
      return { until, cursors: entries.map(cursorOf) };
    }
  } catch {
    // Falls through: whatever it is, no page of ours ended with it.
  }
  throw new InvalidSetting('next', next, 'the "next" of the page before');
}

function cursorOf(entry: unknown): ShardCursor {
  const [shard, after, at] = entry as [unknown, unknown, unknown];
  if (typeof shard !== 'string' || typeof after !== 'string' || !/^\d{0,128}$/.test(after) || !isTime(at)) {
    throw new InvalidSetting('next', entry, 'a shard and where it is read on');
  }

  return { shard, ...(after !== '' && { after }), ...(at !== 0 && { at }) };
}

function isTime(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= 8.64e15;
}
