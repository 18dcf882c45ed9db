import { isStoppedSince, type RunEvent, scheduleState } from './run-control.ts';
import type { ScheduledTask } from './run-definition.ts';
import { runId } from './run-id.ts';
import { beginRun, endRun, findRun, moveRun, noteRun, type RunBegin, type RunCause } from './run-log.ts';
import { type RunEnd, type RunReport, type RunTimes, runTask } from './run-loop.ts';
import type { BusyRun, RunCounts, RunQuarantine, RunTarget, SourceReader } from './run-ports.ts';
import { isDue, scheduleText } from './run-schedule.ts';
import type { RunSession } from './run-session.ts';
import type { TaskEntry } from './task-entry.ts';

/** A run did not come to its end: thrown, so that Lambda tries again, and its alarm tells. */
export class RunFailed extends Error {
  override readonly name = 'RunFailed';
}

export interface RunLogger {
  info(message: string, fields: Readonly<Record<string, unknown>>): void;
  warn(message: string, fields: Readonly<Record<string, unknown>>): void;
  error(message: string, fields: Readonly<Record<string, unknown>>): void;
}

/** What the work on one event needs. */
export interface RunWork<Row> {
  readonly task: ScheduledTask;
  /** The task as the catalogue has it. */
  readonly entry: () => Promise<TaskEntry | undefined>;
  readonly reader: () => Promise<SourceReader>;
  readonly target: () => Promise<RunTarget<Row>>;
  readonly quarantine: RunQuarantine;
  /** Of the platform's database, where the log of runs is. */
  readonly logSession: () => Promise<RunSession>;
  /** Runs statements on the source, after a run. */
  readonly onSource: (sql: string) => Promise<void>;
  /** Calls a scheduled task's function, without waiting. */
  readonly tell: (functionArn: string, event: RunEvent) => Promise<void>;
  readonly ownArn: string;
  /** The function of another task that is run after this one. */
  readonly functionOf: (task: string) => string;
  readonly logger: RunLogger;
  readonly now: () => Date;
  /** Four hexadecimal digits. */
  readonly random: () => string;
  readonly pause: (ms: number) => Promise<void>;
  readonly remainingMs: () => number;
}

/** What became of an event. */
export interface RunOutcome {
  readonly run: string | null;
  readonly outcome: RunEnd['kind'] | 'stopped' | 'not-due' | 'ended';
}

/** How often a run that goes on looks whether it was stopped, and says how far it is. */
const LOOK_MS = 5000;

/** Does what an event of a scheduled task asks for. @throws RunFailed when its run failed: it goes on from its place with the next attempt */
export async function workOn<Row>(work: RunWork<Row>, event: RunEvent): Promise<RunOutcome> {
  const { task, now } = work;
  const due = dueOf(event, now());
  const entry = await work.entry();
  if ('due' in event) {
    if (entry === undefined || scheduleState(entry) === 'stopped') {
      return { run: null, outcome: 'stopped' };
    }
    if (task.schedule !== undefined && !isDue(task.schedule, due.getTime())) {
      return { run: null, outcome: 'not-due' };
    }
  }
  const begun = 'resume' in event ? new Date(event.since) : now();
  const id = 'resume' in event ? event.resume : runId(now(), work.random());
  const log = new WorkLog(work, { id, task: task.name, cause: causeOf(event), due: due.getTime() });
  if ('resume' in event && (await log.isEnded(id))) {
    return { run: id, outcome: 'ended' };
  }
  const [reader, target] = await Promise.all([work.reader(), work.target()]);
  try {
    const report = await runTask({
      reader,
      target,
      quarantine: work.quarantine,
      observer: log,
      id,
      wait: task.overlap === 'wait' && !('resume' in event),
      remainingMs: work.remainingMs,
      isStopped: everySoOften(now, async () => {
        const latest = await work.entry();

        return latest !== undefined && isStoppedSince(latest, begun);
      }),
      pause: work.pause,
      now: () => performance.now(),
    });

    return await ended(work, log, report, { due, begun });
  } finally {
    await Promise.all([reader.close(), target.close()]);
  }
}

async function ended<Row>(
  work: RunWork<Row>,
  log: WorkLog<Row>,
  { claimed, counts, times, end }: RunReport,
  { due, begun }: { readonly due: Date; readonly begun: Date },
): Promise<RunOutcome> {
  const run = claimed?.run ?? null;
  const facts = {
    task: work.task.name,
    run,
    ...counts,
    readMs: Math.round(times.readMs),
    writeMs: Math.round(times.writeMs),
  };
  switch (end.kind) {
    case 'busy':
      await log.busy(end.busy);
      break;
    case 'succeeded':
      await log.end('succeeded', counts, times, null);
      work.logger.info('run succeeded', facts);
      await afterRun(work, run ?? '', end.isAwaited, due);
      break;
    case 'continues':
      await log.end('running', counts, times, null);
      work.logger.info('run goes on in another invocation', facts);
      await work.tell(work.ownArn, { resume: run ?? '', since: begun.toISOString() });
      break;
    case 'cancelled':
      await log.end('cancelled', counts, times, 'the task was stopped; it goes on from here when it is started');
      work.logger.warn('run cancelled: the task was stopped', facts);
      break;
    case 'failed':
      await log.end('failed', counts, times, end.message);
      work.logger.error('run failed', { ...facts, error: end.error, advice: adviceFor(work.task, end.isRefused) });
      throw new RunFailed(`run ${run ?? ''} of ${work.task.name} failed: ${end.message}`, { cause: end.error });
  }

  return { run, outcome: end.kind };
}

function adviceFor({ name, schedule }: ScheduledTask, isRefused: boolean): string {
  const next = schedule === undefined ? `causeway task run ${name}` : `its next run (${scheduleText(schedule)})`;

  return isRefused
    ? 'The task and its tables do not go together: change one of them, then run it again.'
    : `Nothing is lost: ${next} goes on from where this one stands.`;
}

/** The run itself has ended well: what comes after it fails by itself, and is said. */
async function afterRun<Row>(work: RunWork<Row>, run: string, isAwaited: boolean, due: Date): Promise<void> {
  const { task, logger } = work;
  const failed: string[] = [];
  const attempt = async (what: string, action: Promise<void>) => {
    await action.catch((error: unknown) => {
      failed.push(what);
      logger.error('what follows the run failed', { task: task.name, run, what, error });
    });
  };
  for (const action of task.after) {
    if ('task' in action) {
      await attempt(`task ${action.task}`, work.tell(work.functionOf(action.task), { after: task.name }));
    } else if (action.on === 'source') {
      await attempt('SQL on the source', work.onSource(action.sql));
    }
  }
  if (isAwaited) {
    await attempt('the run that waited', work.tell(work.ownArn, { waited: due.toISOString() }));
  }
}

/** The log of runs is for people: that it cannot be written ends no run. */
class WorkLog<Row> {
  readonly #work: RunWork<Row>;
  readonly #begin: RunBegin;
  #run: string;
  #noted: { at: number; readMs: number; writeMs: number } = { at: 0, readMs: 0, writeMs: 0 };

  constructor(work: RunWork<Row>, begin: RunBegin) {
    this.#work = work;
    this.#begin = begin;
    this.#run = begin.id;
  }

  async isEnded(id: string): Promise<boolean> {
    const found = await this.#work
      .logSession()
      .then((session) => findRun(session, id))
      .catch(() => undefined);

    return found?.state === 'succeeded';
  }

  async claimed({ run, isResumed, counts }: { run: string; isResumed: boolean; counts: RunCounts }): Promise<void> {
    this.#run = run;
    const { task, cause } = this.#begin;
    this.#work.logger.info(isResumed ? 'run goes on' : 'run begins', { task, run, cause, ...(isResumed && counts) });
    await this.#quietly((session) => beginRun(session, { ...this.#begin, id: run }));
  }

  async moved(counts: RunCounts, times: RunTimes): Promise<void> {
    const at = this.#work.now().getTime();
    if (at - this.#noted.at >= LOOK_MS) {
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
    await this.#move(counts, times);
    await this.#quietly((session) => endRun(session, this.#run, state, error));
  }

  async busy({ run, isToldToWait }: BusyRun): Promise<void> {
    const { task, id } = this.#begin;
    const why = isToldToWait ? `waits for the end of ${run}` : `${run} was still going`;
    this.#work.logger.warn(isToldToWait ? 'run waits' : 'run skipped', { task, run: id, why });
    await this.#quietly((session) => noteRun(session, this.#begin, isToldToWait ? 'waiting' : 'skipped', why));
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

function everySoOften(now: () => Date, ask: () => Promise<boolean>): () => Promise<boolean> {
  let at = 0;

  return async () => {
    const time = now().getTime();
    if (time - at < LOOK_MS) {
      return false;
    }
    at = time;

    return ask();
  };
}

function causeOf(event: RunEvent): RunCause {
  if ('once' in event) {
    return 'once';
  }
  if ('after' in event) {
    return 'after';
  }

  return 'waited' in event ? 'waited' : 'schedule';
}

function dueOf(event: RunEvent, now: Date): Date {
  const text = 'due' in event ? event.due : 'waited' in event ? event.waited : undefined;
  const time = text === undefined ? now : new Date(text);

  return Number.isNaN(time.getTime()) ? now : time;
}
