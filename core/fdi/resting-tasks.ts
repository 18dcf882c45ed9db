import type { LedgerPorts } from './keep-ledger.ts';
import { type LedgerState, minuteOf } from './ledger.ts';
import type { LedgerReport } from './ledger-report.ts';
import { startOf } from './open-ledger.ts';
import type { TaskEntry } from './task-entry.ts';
import { type TaskPositions, taskEpoch } from './task-positions.ts';
import type { TopicCounters } from './topic-reader.ts';

/** An account as it was when it was last kept. */
export interface KeptAccount {
  readonly state: LedgerState;
  readonly positions: TaskPositions;
  readonly report: LedgerReport;
}

/**
 * Tasks for which nothing has arrived for hours. Their accounts are closed: they say the same until something arrives, which the topic
 * tells, so that the database may pause meanwhile. Kept in memory only: whoever starts anew looks at the database once.
 */
export class RestingTasks {
  readonly #accounts = new Map<string, KeptAccount>();
  readonly #unstarted = new Set<string>();

  /** What was kept of a task; undefined for one that must be looked at in the database. */
  of(task: TaskEntry): KeptAccount | undefined {
    return this.#accounts.get(keyOf(task));
  }

  /** Remembers an account if nothing is open in it: all that was accepted is handled, and no metric will change it any more. */
  keep(task: TaskEntry, account: KeptAccount): void {
    const { state, positions } = account;
    const { accepted, unsure, base, acknowledged, difference, okAt } = state;
    const isClosed =
      difference === 0 && okAt !== null && unsure === 0 && accepted + base === positions.handled + acknowledged;
    if (isClosed) this.#accounts.set(keyOf(task), account);
    else this.#accounts.delete(keyOf(task));
  }

  /** Remembers that a task without a mapping has no account either. */
  keepUnstarted(task: TaskEntry): void {
    if (task.eventSource === undefined) this.#unstarted.add(keyOf(task));
  }

  isUnstarted(task: TaskEntry): boolean {
    return this.#unstarted.has(keyOf(task));
  }
}

/** Its account as of now, while still nothing has arrived behind its positions; undefined once something has, or its mapping is another. */
export async function restedAccount(
  ports: Pick<LedgerPorts, 'sources' | 'now'>,
  task: TaskEntry,
  { state, positions, report }: KeptAccount,
  counters: TopicCounters,
): Promise<KeptAccount | undefined> {
  const source = await ports.sources.find(state.eventSource);
  if (source === undefined || (task.wanted === 'started' && !source.enabled)) {
    return undefined;
  }
  const now = ports.now();
  const at = minuteOf(now);
  const since = await counters.of(source.streamArn).handledSince(at, positions.sequences, startOf(source));

  // What arrived in this minute is the next look's affair.
  return since?.complete
    ? {
        state: { ...state, okAt: at, progressAt: now },
        positions,
        report: { ...report, asOf: new Date(at).toISOString() },
      }
    : undefined;
}

function keyOf(task: TaskEntry): string {
  return `${task.name}/${taskEpoch(task)}/${task.eventSource}/${task.wanted}`;
}
