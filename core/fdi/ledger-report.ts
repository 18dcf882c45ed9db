import { acceptedBefore, type LedgerState, type MinuteCounts } from './ledger.ts';

/** A task's account. `accepted` = `written` + `quarantined` + `inFlight` + `acknowledged`, unless there is a difference. */
export interface LedgerReport {
  /** Messages its topic has taken for it; the newest are counted when CloudWatch has their minute. */
  readonly accepted: number;
  readonly written: number;
  readonly quarantined: number;
  readonly inFlight: number;
  /** Accepted and gone. */
  readonly lost: number;
  /** Written more often than accepted. */
  readonly doubled: number;
  /** Of earlier differences, what somebody has acknowledged: lost above 0, doubled below. */
  readonly acknowledged: number;
  /** Null until the first judgement. */
  readonly addsUp: boolean | null;
  /** Of what arrived before, ISO 8601, UTC. A difference is said when all metrics of its minute are there, ten minutes after it. */
  readonly asOf: string | null;
}

export interface Handled {
  readonly written: number;
  readonly quarantined: number;
}

export function ledgerReport(state: LedgerState, minutes: MinuteCounts, handled: Handled): LedgerReport {
  const newest = Math.max(state.countedThrough, ...[...minutes.keys()].map((minute) => minute + 1));

  return reportOf({ ...state, seen: state.base + acceptedBefore(state, minutes, newest) }, handled);
}

/** @param seen accepted, as far as it was known, `base` included */
export function reportOf(
  {
    seen,
    difference,
    acknowledged,
    judgedAt,
    okAt,
  }: Pick<LedgerState, 'difference' | 'acknowledged' | 'judgedAt' | 'okAt'> & { readonly seen: number },
  { written, quarantined }: Handled,
): LedgerReport {
  // The positions may know of a message whose minute CloudWatch has not told of yet.
  const accepted = Math.max(seen, written + quarantined + difference + acknowledged);

  return {
    accepted,
    written,
    quarantined,
    inFlight: Math.max(0, accepted - difference - acknowledged - written - quarantined),
    lost: Math.max(0, difference),
    doubled: Math.max(0, -difference),
    acknowledged,
    addsUp: difference === 0 && okAt === null ? null : difference === 0,
    asOf: isoOf(difference === 0 ? okAt : judgedAt),
  };
}

function isoOf(time: number | null): string | null {
  return time === null ? null : new Date(time).toISOString();
}
