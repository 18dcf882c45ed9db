import { type Calls, path } from './calls.ts';

/** What became of the messages a topic took for a task. */
export interface Ledger {
  readonly accepted: number;
  readonly written: number;
  readonly quarantined: number;
  readonly inFlight: number;
  readonly lost: number;
  readonly doubled: number;
  /** Of earlier differences, what was acknowledged: lost above 0, doubled below. */
  readonly acknowledged: number;
  /** Null until it was judged for the first time, some minutes after the start. */
  readonly addsUp: boolean | null;
  /** ISO 8601, UTC. */
  readonly asOf: string | null;
}

export interface TaskLedger {
  readonly task: string;
  /** Null while there is nothing to account for. */
  readonly ledger: Ledger | null;
  /** Why a started task does nothing; null for one that works. */
  readonly dead: string | null;
}

export interface Alarm {
  readonly name: string;
  readonly state: 'OK' | 'ALARM' | 'INSUFFICIENT_DATA';
  readonly description: string;
  readonly reason: string;
  readonly since: string | null;
}

/** Whether everything is where it should be. */
export interface LedgerOperations {
  ledger(task: string): Promise<TaskLedger>;
  /** @param difference as the ledger shows it: lost above 0, doubled below */
  acknowledgeDifference(task: string, difference: number, reason: string): Promise<unknown>;
  alarms(): Promise<Alarm[]>;
}

export function ledgerOperations({ ask, send, all }: Calls): LedgerOperations {
  return {
    ledger: (task) => ask(path`/tasks/${task}/ledger`) as Promise<TaskLedger>,
    acknowledgeDifference: (task, difference, reason) =>
      send('POST', path`/tasks/${task}/ledger/acknowledgements`, { difference, reason }),
    alarms: () => all<Alarm>('/alarms'),
  };
}
