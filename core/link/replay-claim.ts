import { Refusal } from '../errors.ts';
import { compareSequences } from '../mqs/sequence-number.ts';

/** What a call that replays a topic's messages notes before it sends them: whoever comes after a killed one finds out what became of them. */
export interface ReplayClaim {
  /** Another for every call. */
  readonly claim: string;
  /** Milliseconds since 1970: when it was made, and until when its call may still send. */
  readonly at: number;
  readonly until: number;
  /** Keys of the messages it sends. */
  readonly keys: readonly string[];
  /** How many of them the topic has acknowledged: noted before they are removed from the store. @default 0 */
  readonly acknowledged?: number;
  /** How far the topic has been searched for them, by shard: a sequence number, or `done`. */
  readonly searched?: Readonly<Record<string, string>>;
}

/** One claim a topic. Each answers whether it was done: false when another call has changed the claim meanwhile. */
export interface ReplayClaims {
  /** The claim that was not given back. */
  find(topic: string): Promise<ReplayClaim | undefined>;
  /** @param instead the claim that `find` answered */
  take(topic: string, claim: ReplayClaim, instead: ReplayClaim | undefined): Promise<boolean>;
  /** Of the same claim. */
  change(topic: string, claim: ReplayClaim): Promise<boolean>;
  giveBack(topic: string, claim: ReplayClaim): Promise<boolean>;
}

/** Records of a shard, a page at a time. */
export interface ReplayedRecords {
  shards(topicStream: string, since: number): Promise<readonly string[]>;
  /** Pages from a time or behind a record on; ends at the newest. */
  pages(
    topicStream: string,
    shard: string,
    from: { readonly at: number } | { readonly after: string },
  ): AsyncIterable<
    readonly { readonly sequenceNumber: string; readonly arrivedAt: number; readonly data: Uint8Array }[]
  >;
}

export interface Search {
  readonly stream: string;
  /** What is looked for: the record's bytes as text → the message's key. */
  readonly wanted: ReadonlyMap<string, string>;
  readonly claim: ReplayClaim;
  /** Milliseconds of the clock of `now`, after which it stops. */
  readonly deadline: number;
  readonly now: () => number;
}

export interface Found {
  readonly keys: readonly string[];
  readonly searched: Readonly<Record<string, string>>;
  /** Every place they could be in has been looked at. */
  readonly complete: boolean;
}

const DONE = 'done';
/** The stream's clock is not ours. */
const CLOCK_MARGIN_MS = 60_000;

/** @throws Refusal CAUSEWAY.0423 while the call that made it may still be at work */
export function requireOver(topic: string, { until }: ReplayClaim, now: number): void {
  if (now < until) {
    throw new Refusal('CAUSEWAY.0423', {
      message: `Messages are being replayed into ${topic} by another call, or by one that was cut off less than a minute ago. Try again after ${new Date(until).toISOString()}.`,
    });
  }
}

/**
 * Which messages of a claim lie in their topic already. They can only have arrived while their call was at work, so only that much of the
 * topic is read.
 */
export async function searchTopic(records: ReplayedRecords, search: Search): Promise<Found> {
  const { stream, claim, wanted } = search;
  const searched: Record<string, string> = { ...claim.searched };
  const since = claim.at - CLOCK_MARGIN_MS;
  const found = new Set<string>();
  const shards = await records.shards(stream, since);
  await Promise.all(
    shards.map(async (shard) => {
      for await (const record of inTime(records, search, shard, searched)) {
        const key = wanted.get(Buffer.from(record.data).toString('utf8'));
        if (key !== undefined) {
          found.add(key);
        }
      }
    }),
  );

  return {
    keys: [...found],
    searched,
    complete: found.size === wanted.size || shards.every((shard) => searched[shard] === DONE),
  };
}

/** The records of one shard; notes in `searched` how far it came. */
async function* inTime(
  records: ReplayedRecords,
  { stream, claim, deadline, now }: Search,
  shard: string,
  searched: Record<string, string>,
) {
  const before = searched[shard];
  if (before === DONE) {
    return;
  }
  const last = claim.until + CLOCK_MARGIN_MS;
  const from = before === undefined ? { at: claim.at - CLOCK_MARGIN_MS } : { after: before };
  for await (const page of records.pages(stream, shard, from)) {
    for (const record of page) {
      if (record.arrivedAt > last) {
        searched[shard] = DONE;
        return;
      }
      yield record;
      searched[shard] = later(searched[shard], record.sequenceNumber);
    }
    if (now() > deadline) {
      return;
    }
  }
  searched[shard] = DONE;
}

function later(a: string | undefined, b: string): string {
  return a === undefined || compareSequences(a, b) < 0 ? b : a;
}
