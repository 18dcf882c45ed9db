/**
 * The rules of the conservation ledger: what a topic accepted for a task is written, quarantined or on its way, and nothing else.
 * Decision 0012 says why they are as they are. All times are milliseconds since the epoch.
 */
export const MINUTE_MS = 60_000;
/** The metrics of a minute are believed this long after it; CloudWatch delivers them up to some minutes late. */
const CLOSED_MS = 3 * MINUTE_MS;
/** All of its metrics are there by then, and what does not add up is a difference. */
const SETTLED_MS = 10 * MINUTE_MS;
/** Metrics that come later than that still count, until here. */
const FOLDED_MS = 180 * MINUTE_MS;

/** Records that came into a stream, by the beginning of their minute; a minute without any may be missing. */
export type MinuteCounts = ReadonlyMap<number, number>;

/** How much a task had done with what arrived before a whole minute. */
export interface Cut {
  /** The minute's beginning. */
  readonly at: number;
  /** Written and quarantined: of everything that arrived before, when `exact`; else of no more than that. */
  readonly handled: number;
  readonly exact: boolean;
  /** With positions per key: `handled` is exact, and whether anything older still waits is not known. */
  readonly counted?: boolean;
}

export interface LedgerState {
  readonly stream: string;
  /** The mapping that reads it. */
  readonly eventSource: string;
  /** What arrived from here on is the task's. */
  readonly since: number;
  /** What the task had written and quarantined of other messages: of a stream before this one. */
  readonly base: number;
  /** Accepted before this minute, and not looked at again. */
  readonly accepted: number;
  readonly countedThrough: number;
  /** Accepted by the stream and read by the task or dropped by retention just before: nobody knows. */
  readonly unsure: number;
  /** Cuts whose minutes are not settled yet, oldest first. */
  readonly cuts: readonly Cut[];
  /** At the last settled minute: accepted and not handled (lost) above 0, handled and not accepted (doubled) below. */
  readonly difference: number;
  /** Of earlier differences, what was acknowledged: lost above 0, doubled below. It counts as handled. */
  readonly acknowledged: number;
  readonly judgedAt: number | null;
  /** The last time at which it added up. */
  readonly okAt: number | null;
  /** Written and quarantined when last looked at, and since when that is so although there was more to do. */
  readonly handled: number;
  readonly progressAt: number;
}

export function minuteOf(time: number): number {
  return Math.floor(time / MINUTE_MS) * MINUTE_MS;
}

export function minuteAfter(time: number): number {
  return Math.ceil(time / MINUTE_MS) * MINUTE_MS;
}

/** @param minutes from `countedThrough` on, and from `at` on where that is earlier */
export function acceptedBefore({ accepted, countedThrough }: LedgerState, minutes: MinuteCounts, at: number): number {
  const sum = (from: number, to: number) =>
    [...minutes].reduce((total, [minute, count]) => (minute >= from && minute < to ? total + count : total), 0);

  return Math.max(0, accepted + sum(countedThrough, at) - sum(at, countedThrough));
}

/** Takes a new cut, if there is one, and looks at those whose minutes are closed; each is judged when its minutes are settled. */
export function judge(state: LedgerState, cut: Cut | undefined, minutes: MinuteCounts, now: number): LedgerState {
  const cuts = cut === undefined ? state.cuts : [...state.cuts.filter(({ at }) => at < cut.at), cut];
  let judged: LedgerState = state;
  for (const one of cuts) {
    const excess = one.handled + state.acknowledged - state.base - acceptedBefore(judged, minutes, one.at);
    const fits = (one.exact || one.counted === true) && excess >= 0 && excess <= judged.unsure;
    if (fits && now >= one.at + CLOSED_MS) {
      judged = { ...judged, okAt: Math.max(one.at, judged.okAt ?? 0) };
    }
    // Until then a loss may look like nothing, because as many of other records are not in the metrics yet, and the other way round.
    if (now >= one.at + SETTLED_MS) {
      judged = settled(judged, one, excess, fits);
    }
  }

  return { ...judged, cuts: cuts.filter(({ at }) => now < at + SETTLED_MS) };
}

function settled(state: LedgerState, { at, exact }: Cut, excess: number, fits: boolean): LedgerState {
  if (fits) {
    return { ...state, accepted: state.accepted + excess, unsure: 0, difference: 0, judgedAt: at };
  }
  const difference = excess > state.unsure ? state.unsure - excess : -excess;
  if (!exact && difference >= 0) {
    return state;
  }

  return { ...state, difference, judgedAt: at };
}

/** Records that waited longer than their topic keeps them were never read: lost, whether or not the task runs. */
export function judgeExpired(state: LedgerState, minutes: MinuteCounts, horizon: number, handled: number): LedgerState {
  const expired = acceptedBefore(state, minutes, minuteOf(horizon)) - (handled + state.acknowledged - state.base);

  return expired > Math.max(0, state.difference) ? { ...state, difference: expired } : state;
}

/** Takes over what no metric will change any more. */
export function fold(state: LedgerState, minutes: MinuteCounts, now: number): LedgerState {
  const through = Math.max(state.countedThrough, minuteOf(now - FOLDED_MS));

  return { ...state, accepted: acceptedBefore(state, minutes, through), countedThrough: through };
}

/** How long a task has had something to do and done nothing; 0 while it has nothing to do. */
export function progressOf(
  state: LedgerState,
  { handled, waiting, now }: { readonly handled: number; readonly waiting: boolean; readonly now: number },
): LedgerState {
  const moved = !waiting || handled !== state.handled;

  return { ...state, handled, progressAt: moved ? now : state.progressAt };
}
