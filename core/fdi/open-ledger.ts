import type { EventSource } from './event-source.ts';
import type { LedgerPorts } from './keep-ledger.ts';
import { type LedgerState, MINUTE_MS, minuteAfter, minuteOf } from './ledger.ts';
import { streamName } from './stream-name.ts';
import type { TaskEntry } from './task-entry.ts';
import type { TaskPositions } from './task-positions.ts';
import { TopicCounter, type TopicPlace } from './topic-reader.ts';

export interface LedgerOpening {
  readonly task: TaskEntry;
  readonly source: EventSource;
  /** The account so far. */
  readonly known: LedgerState | undefined;
  readonly positions: TaskPositions;
  readonly now: number;
  /** Whether messages may be counted in the topic, which takes rights and its readers' time. */
  readonly counts: boolean;
}

/** A record may become visible a little after the time it carries. */
const VISIBLE_MS = 5000;

/** Where a mapping began to read, as a place in its topic. */
export function startOf({ startAt }: EventSource): TopicPlace {
  return startAt === 'oldest' ? 'oldest' : { at: startAt.getTime() };
}

/**
 * The account of a task that reads through this mapping: the one there is, or a new one when there is none, or when the task was begun anew
 * at a later time, or in another topic before it handled anything. Undefined while the first minute of a new one is not over, or not to be
 * counted.
 */
export async function openLedger(ports: LedgerPorts, opening: LedgerOpening): Promise<LedgerState | undefined> {
  const { known, source } = opening;
  const stream = streamName(source.streamArn);
  if (known !== undefined && known.stream === stream && continues(known, source)) {
    return { ...known, eventSource: source.id };
  }

  return source.startAt === 'oldest' ? openAtOldest(ports, opening) : openAt(ports, opening, source.startAt.getTime());
}

/** A new mapping that reads again what is accounted for goes on where the positions are. */
function continues({ eventSource, okAt, since }: LedgerState, { id, startAt }: EventSource): boolean {
  return eventSource === id || startAt === 'oldest' || startAt.getTime() <= (okAt ?? since);
}

/** From a time on: the rest of its minute is counted in the topic, once; from the next minute on the metrics count. */
async function openAt(ports: LedgerPorts, opening: LedgerOpening, since: number): Promise<LedgerState | undefined> {
  const { known, positions, source, now, counts } = opening;
  const countedThrough = minuteAfter(since);
  if (!counts || now < countedThrough + VISIBLE_MS) {
    return undefined;
  }
  const { streamArn } = source;
  const { retentionMs } = await ports.topics.describe(streamArn);
  const isKept = since > now - retentionMs;
  const counter = new TopicCounter(ports.topics, streamArn);
  const accepted = isKept ? await counter.countBetween(since, countedThrough) : 0;
  // What the topic has dropped meanwhile can be counted no more; how much of the minute was the task's is learned when it first adds up.
  const unsure = isKept ? 0 : await incomingBetween(ports, streamArn, minuteOf(since), countedThrough);
  const own = known === undefined ? positions.handled : await counter.countHandled(since, positions.sequences);

  return newLedger(opening, {
    since,
    countedThrough,
    accepted,
    unsure,
    base: positions.handled - own,
  });
}

/** From the oldest message kept: all there ever were, unless the topic is older than it keeps messages. */
async function openAtOldest(ports: LedgerPorts, opening: LedgerOpening): Promise<LedgerState> {
  const { task, positions, source, now } = opening;
  const { createdAt, retentionMs } = await ports.topics.describe(source.streamArn);
  const connectedAt = task.connectedAt === undefined ? (positions.startedAt ?? now) : Date.parse(task.connectedAt);
  const horizon = connectedAt - retentionMs;
  if (createdAt >= horizon) {
    const since = minuteOf(createdAt);

    return newLedger(opening, { since, countedThrough: since, accepted: 0, unsure: 0, base: 0 });
  }
  const countedThrough = minuteAfter(horizon) + MINUTE_MS;
  // Between the start and the first reading retention went on: how much it took is learned when it first adds up.
  const unsure = await incomingBetween(ports, source.streamArn, minuteOf(horizon), countedThrough);

  return newLedger(opening, { since: horizon, countedThrough, accepted: 0, unsure, base: 0 });
}

function newLedger(
  { source, positions, now }: LedgerOpening,
  counts: Pick<LedgerState, 'since' | 'countedThrough' | 'accepted' | 'unsure' | 'base'>,
): LedgerState {
  return {
    stream: streamName(source.streamArn),
    eventSource: source.id,
    ...counts,
    cuts: [],
    difference: 0,
    acknowledged: 0,
    judgedAt: null,
    okAt: null,
    handled: positions.handled,
    progressAt: now,
  };
}

async function incomingBetween(ports: LedgerPorts, streamArn: string, from: number, to: number): Promise<number> {
  const minutes = await ports.incoming(streamName(streamArn), from, to);

  return [...minutes.values()].reduce((sum, count) => sum + count, 0);
}
