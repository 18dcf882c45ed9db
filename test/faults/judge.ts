import type { Sent } from './message.ts';

/** A row of ParkingHistory or ParkingData. */
export interface Row {
  readonly id: string;
  readonly status: string;
  readonly traceId: string;
}

/** What the platform has of one run's messages. */
export interface Evidence {
  /** In the order they were written. */
  readonly history: readonly Row[];
  readonly state: readonly Row[];
  readonly quarantine: readonly { readonly id: string | undefined; readonly code: string; readonly reason: string }[];
  /** The task's account of what came since before the first message. */
  readonly ledger: Readonly<Record<'accepted' | 'written' | 'quarantined' | 'inFlight' | 'lost' | 'doubled', number>>;
}

export interface Verdict {
  readonly sent: number;
  readonly acknowledged: number;
  /** Cut off before their PUBACK. */
  readonly unknown: number;
  /** Of the unknown ones, those that are there. */
  readonly arrived: number;
  readonly written: number;
  readonly quarantined: number;
  /** Empty when everything is as promised. */
  readonly findings: readonly string[];
}

const EXAMPLES = 3;

/**
 * Holds what the platform has against what was sent: every acknowledged message exactly once, in its table or in the quarantine; none
 * twice; each device's in order; the state that of the last one; the ledger exact.
 */
export function judge(journal: readonly Sent[], evidence: Evidence): Verdict {
  const verdict = judgeMessages(journal, evidence);

  return { ...verdict, findings: [...verdict.findings, ...ledgerFindings(evidence)] };
}

/** The same without the ledger: when others send meanwhile. */
export function judgeMessages(journal: readonly Sent[], evidence: Omit<Evidence, 'ledger'>): Verdict {
  const single = journal.filter(({ kind }) => kind !== 'state');
  const rows = countById(evidence.history);
  const kept = countById(evidence.quarantine.flatMap(({ id }) => (id === undefined ? [] : [{ id }])));
  const places = (id: string) => (rows.get(id) ?? 0) + (kept.get(id) ?? 0);
  const isAcknowledged = ({ outcome }: Sent) => outcome === 'acknowledged';
  const known = new Set(journal.map(({ id }) => id));
  const isBad = ({ kind }: Sent) => kind !== 'unique' && kind !== 'state';

  const findings = [
    ...found(
      'acknowledged and neither in the table nor in the quarantine',
      single.filter((sent) => isAcknowledged(sent) && places(sent.id) === 0).map(named),
    ),
    ...found('there more than once', single.filter(({ id }) => places(id) > 1).map(named)),
    ...found('good and in the quarantine', single.filter((sent) => !isBad(sent) && kept.has(sent.id)).map(named)),
    ...found('malformed and in the table', single.filter((sent) => isBad(sent) && rows.has(sent.id)).map(named)),
    ...found(
      'in the table and never sent',
      [...rows.keys()].filter((id) => !known.has(id)),
    ),
    ...found(
      'in the quarantine without being known or without a reason',
      evidence.quarantine
        .filter(({ id, reason }) => id === undefined || !known.has(id) || reason === '')
        .map(({ id = 'no id', code }) => `${id} (${code})`),
    ),
    ...found('out of order', outOfOrder(evidence.history)),
    ...stateFindings(journal, evidence),
  ];

  return {
    sent: journal.length,
    acknowledged: journal.filter(isAcknowledged).length,
    unknown: journal.filter(({ outcome }) => outcome !== 'acknowledged').length,
    arrived: single.filter((sent) => !isAcknowledged(sent) && places(sent.id) > 0).length,
    written: evidence.history.length,
    quarantined: evidence.quarantine.length,
    findings,
  };
}

/** Of state messages the number is known and the last one's status. */
function stateFindings(journal: readonly Sent[], { history, state }: Omit<Evidence, 'ledger'>): string[] {
  const reported = Map.groupBy(
    journal.filter(({ kind }) => kind === 'state'),
    ({ id }) => id,
  );
  const rows = Map.groupBy(history, ({ id }) => id);
  const current = new Map(state.map((row) => [row.id, row]));
  const counts: string[] = [];
  const last: string[] = [];
  for (const [id, messages] of reported) {
    const acknowledged = messages.filter(({ outcome }) => outcome === 'acknowledged').length;
    const there = rows.get(id)?.length ?? 0;
    if (there < acknowledged || there > messages.length) {
      counts.push(`${id}: ${there} rows of ${acknowledged} acknowledged and ${messages.length - acknowledged} unknown`);
    }
    const final = messages.at(-1);
    if (final?.outcome === 'acknowledged' && current.get(id)?.status !== final.status) {
      last.push(`${id}: ${current.get(id)?.status}, reported was ${final.status}`);
    }
  }
  const newest = new Map(history.map((row) => [row.id, row]));
  const others = [...newest.values()].filter(({ id, traceId }) => current.get(id)?.traceId !== traceId);

  return [
    ...found('spaces with too few or too many rows', counts),
    ...found('spaces whose state is not the one last reported', last),
    ...found(
      'spaces whose state is not their newest row',
      others.map(({ id }) => id),
    ),
    ...found(
      'spaces with a state and no row',
      state.filter(({ id }) => !newest.has(id)).map(({ id }) => id),
    ),
  ];
}

function ledgerFindings({ history, quarantine, ledger }: Evidence): string[] {
  const { accepted, written, quarantined, inFlight, lost, doubled } = ledger;
  const agrees =
    written === history.length &&
    quarantined === quarantine.length &&
    accepted === written + quarantined &&
    inFlight + lost + doubled === 0;

  return agrees
    ? []
    : [
        `the ledger says ${JSON.stringify(ledger)}; there are ${history.length} rows and ${quarantine.length} in the quarantine`,
      ];
}

/** Messages of a device that stand behind a later one of it. */
function outOfOrder(history: readonly Row[]): string[] {
  const reached = new Map<string, number>();

  return history.flatMap(({ id }) => {
    const [device = '', index] = id.split('/');
    if (index === undefined) return [];
    const before = reached.get(device) ?? -1;
    reached.set(device, Math.max(before, Number(index)));

    return Number(index) > before ? [] : [`${id} behind ${before}`];
  });
}

function countById(rows: readonly { readonly id: string }[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { id } of rows) counts.set(id, (counts.get(id) ?? 0) + 1);

  return counts;
}

function found(what: string, examples: readonly string[]): string[] {
  if (examples.length === 0) return [];
  const shown = examples.slice(0, EXAMPLES).join('; ');

  return [`${examples.length} ${what}: ${shown}${examples.length > EXAMPLES ? '; …' : ''}`];
}

function named({ id, kind }: Sent): string {
  return kind === 'unique' ? id : `${id} (${kind})`;
}
