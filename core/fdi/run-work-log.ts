import { beginRun, closeRun, endRun, moveRun, noteRun, type RunBegin } from './run-log.ts';
import type { RunObserver, RunTimes } from './run-loop.ts';
import type { BusyRun, ClaimedRun, EndedRun, RunCounts } from './run-ports.ts';
import type { RunSession } from './run-session.ts';
import type { RunWork } from './run-work.ts';

/** How often a run that goes on says how far it is. */
const TELL_MS = 5000;

/** The log of runs is for people: that it cannot be written ends no run. */
export class WorkLog<Row> implements RunObserver {
  readonly #work: Pick<RunWork<Row>, 'logSession' | 'logger' | 'now'>;
  readonly #begin: RunBegin;
  readonly #which: 'all' | 'moved';
  /** Whether the run has its entry. */
  #isTold = false;
  #run: string;
  #noted: { at: number; readMs: number; writeMs: number } = { at: 0, readMs: 0, writeMs: 0 };

  /** @param which `moved`: only runs that write or reject something, go on where another one was left, or do not end well */
  constructor(
    work: Pick<RunWork<Row>, 'logSession' | 'logger' | 'now'>,
    begin: RunBegin,
    which: 'all' | 'moved' = 'all',
  ) {
    this.#which = which;
    this.#work = work;
    this.#begin = begin;
    this.#run = begin.id;
  }

  async claimed({ run, isResumed, isToldToWait = false, counts }: ClaimedRun): Promise<void> {
    this.#run = run;
    if (isToldToWait) {
      await this.#waits(`waits for the end of ${run}, and goes on with it first`);
    }
    if (this.#which === 'all' || isResumed) {
      await this.#begins(isResumed ? counts : undefined);
    }
  }

  async moved(counts: RunCounts, times: RunTimes): Promise<void> {
    if (!this.#isTold && counts.written + counts.rejected > 0) {
      await this.#begins();
    }
    const at = this.#work.now().getTime();
    if (this.#isTold && at - this.#noted.at >= TELL_MS) {
      const first = this.#noted.at === 0;
      this.#noted.at = at;
      // Most runs are over before anybody could look.
      await (first ? undefined : this.#move(counts, times));
    }
  }

  async end(
    state: 'running' | 'succeeded' | 'failed' | 'cancelled',
    counts: RunCounts,
    times: RunTimes,
    error: string | null,
  ): Promise<void> {
    if (!this.#isTold && state === 'succeeded') {
      return;
    }
    if (!this.#isTold) {
      await this.#begins();
    }
    await this.#move(counts, times);
    await this.#quietly((session) => endRun(session, this.#run, state, error));
  }

  /** One whose process died before it could say that it had ended, says so now. */
  async ended({ run, counts }: EndedRun): Promise<void> {
    this.#work.logger.info('run has ended already', { task: this.#begin.task, run });
    await (run === '' ? undefined : this.#quietly((session) => closeRun(session, run, counts)));
  }

  /** Says so in the function's log, of a run that is in the log of runs. */
  tell(message: string, facts: Readonly<Record<string, unknown>>): void {
    if (this.#isTold) {
      this.#work.logger.info(message, facts);
    }
  }

  async busy({ run, isToldToWait }: BusyRun): Promise<void> {
    const { task, id, cause } = this.#begin;
    if (run === id || cause === 'waited') {
      this.#work.logger.info('run goes on in another invocation already', { task, run, cause });
      return;
    }
    if (this.#which === 'moved') {
      return;
    }
    if (isToldToWait) {
      await this.#waits(`waits for the end of ${run}`);
      return;
    }
    const why = `${run} was still going`;
    this.#work.logger.warn('run skipped', { task, run: id, why });
    await this.#quietly((session) => noteRun(session, this.#begin, 'skipped', why));
  }

  async #waits(why: string): Promise<void> {
    const { task, id } = this.#begin;
    this.#work.logger.warn('run waits', { task, run: id, why });
    await this.#quietly((session) => noteRun(session, this.#begin, 'waiting', why));
  }

  async #begins(resumed?: RunCounts): Promise<void> {
    this.#isTold = true;
    const { task, cause } = this.#begin;
    const run = this.#run;
    this.#work.logger.info(resumed === undefined ? 'run begins' : 'run goes on', { task, run, cause, ...resumed });
    await this.#quietly((session) => beginRun(session, { ...this.#begin, id: run }));
  }

  async #move(counts: RunCounts, { readMs, writeMs }: RunTimes): Promise<void> {
    const since = { read: readMs - this.#noted.readMs, write: writeMs - this.#noted.writeMs };
    this.#noted = { ...this.#noted, readMs, writeMs };
    await this.#quietly((session) => moveRun(session, this.#run, counts, since));
  }

  async #quietly(note: (session: RunSession) => Promise<void>): Promise<void> {
    try {
      await note(await this.#work.logSession());
    } catch (error) {
      this.#work.logger.warn('the log of runs cannot be written', { task: this.#begin.task, run: this.#run, error });
    }
  }
}
