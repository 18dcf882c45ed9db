import { isStoppedSince, type RunEvent, scheduleState } from './run-control.ts';
import type { ScheduledTask } from './run-definition.ts';
import { follow, watched } from './run-follow.ts';
import { runId, runIdTime } from './run-id.ts';
import type { RunCause } from './run-log.ts';
import { type RunEnd, type RunReport, runTask } from './run-loop.ts';
import type { ClaimRequest, EndedRun, RunQuarantine, RunTarget, SourceReader } from './run-ports.ts';
import { followSeconds, isDue, scheduleText } from './run-schedule.ts';
import type { RunSession } from './run-session.ts';
import { WorkLog } from './run-work-log.ts';
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
  readonly outcome: RunEnd['kind'] | 'stopped' | 'not-due' | 'followed';
}

/** How often a run that goes on looks whether it was stopped. */
const LOOK_MS = 5000;
/** A call that follows a source does so until the next one is due. */
const FOLLOW_MS = 60_000;
/** What Lambda tries again after that, the calls of the schedule have long taken over. */
const STALE_MS = 90_000;
/** What is due is looked for within this time; a run takes what it needs. */
const PROBE_MS = 10_000;

/** Does what an event of a scheduled task asks for. @throws RunFailed when its run failed: it goes on from its place with the next attempt */
export async function workOn<Row>(work: RunWork<Row>, event: RunEvent): Promise<RunOutcome> {
  const { task, now } = work;
  const due = dueOf(event, now());
  const begun = 'resume' in event ? new Date(event.since) : now();
  if ('due' in event || 'started' in event) {
    const early = await notNow(work, event, due);
    if (early !== undefined) {
      return { run: null, outcome: early };
    }
    const seconds = followSeconds(task.schedule);
    if (seconds !== undefined) {
      return followSource(work, { due, begun, seconds });
    }
  }
  const claim = claimFor(work, event, due);
  const log = new WorkLog(work, { id: claim.id, task: task.name, cause: causeOf(event), due: due.getTime() });
  const sides = await sidesOf(work);
  try {
    return await runOnce(work, sides, log, { claim, due, begun });
  } finally {
    await Promise.all([sides.reader.close(), sides.target.close()]);
  }
}

/** What an event takes the task for. Lambda calls again for an event that failed: the run that it began itself is none that it waits for. */
function claimFor<Row>({ task, now, random }: RunWork<Row>, event: RunEvent, due: Date): ClaimRequest {
  if ('resume' in event) {
    return { id: event.resume, only: 'this' };
  }
  const id = runId(now(), random());
  if ('waited' in event) {
    return { id, only: 'awaited' };
  }

  // Of a call that does not say when it was asked for, a second attempt is like another call.
  const isDated = 'due' in event || 'asked' in event || 'ended' in event;

  return { id, ...(isDated && { due: runIdTime(due) }), wait: task.overlap === 'wait' };
}

/** Why what calls by itself does nothing. */
async function notNow<Row>(
  { task, entry, now }: RunWork<Row>,
  event: RunEvent,
  due: Date,
): Promise<'stopped' | 'not-due' | undefined> {
  const found = await entry();
  if (found === undefined || scheduleState(found) === 'stopped') {
    return 'stopped';
  }
  const { schedule } = task;
  const follows = followSeconds(schedule) !== undefined;
  if ('started' in event ? !follows : schedule !== undefined && !isDue(schedule, due.getTime())) {
    return 'not-due';
  }

  return follows && now().getTime() - due.getTime() > STALE_MS ? 'not-due' : undefined;
}

interface Sides<Row> {
  readonly reader: SourceReader;
  readonly target: RunTarget<Row>;
}

async function sidesOf<Row>(work: RunWork<Row>): Promise<Sides<Row>> {
  const [reader, target] = await Promise.all([work.reader(), work.target()]);

  return { reader, target };
}

interface Occasion {
  readonly claim: ClaimRequest;
  readonly due: Date;
  readonly begun: Date;
}

async function runOnce<Row>(
  work: RunWork<Row>,
  { reader, target }: Sides<Row>,
  log: WorkLog<Row>,
  { claim, due, begun }: Occasion,
): Promise<RunOutcome> {
  const report = await runTask({
    reader,
    target,
    quarantine: work.quarantine,
    observer: log,
    claim,
    remainingMs: work.remainingMs,
    isStopped: everySoOften(work.now, () => isStopped(work, begun)),
    pause: work.pause,
    now: () => performance.now(),
  });

  return ended({ ...work, followed: target.followed }, log, report, { due, begun });
}

/**
 * Looks for what is new every so many seconds, over the same connections, until the next call takes over. Only what a run has moved is in the
 * log of runs. The first look is always a run: it goes on with what somebody left.
 */
async function followSource<Row>(
  work: RunWork<Row>,
  { due, begun, seconds }: { readonly due: Date; readonly begun: Date; readonly seconds: number },
): Promise<RunOutcome> {
  const { task, now, pause } = work;
  const { reader, target } = await sidesOf(work);
  const watching = watched(reader);
  let last: RunOutcome = { run: null, outcome: 'followed' };
  try {
    await follow({
      everyMs: seconds * 1000,
      forMs: FOLLOW_MS,
      isStopped: everySoOften(now, () => isStopped(work, begun)),
      // What is wrong with the source is for a run to meet, and to say.
      hasNews: () =>
        watching.isAsBefore(PROBE_MS).then(
          (isSame) => !isSame,
          () => watching.close().then(() => true),
        ),
      async run() {
        const id = runId(now(), work.random());
        const log = new WorkLog(work, { id, task: task.name, cause: 'schedule', due: due.getTime() }, 'moved');
        const outcome = await runOnce(work, { reader: watching, target }, log, {
          ...{ claim: { id }, due, begun: now() },
        });
        last = outcome.outcome === 'continues' || outcome.outcome === 'cancelled' ? outcome : last;

        return last !== outcome;
      },
      pause,
      now: () => now().getTime(),
    });

    return last;
  } finally {
    await Promise.all([watching.close(), target.close()]);
  }
}

async function isStopped<Row>({ entry }: Pick<RunWork<Row>, 'entry'>, begun: Date): Promise<boolean> {
  const latest = await entry();

  return latest !== undefined && isStoppedSince(latest, begun);
}

async function ended<Row>(
  work: RunWork<Row> & Pick<RunTarget<Row>, 'followed'>,
  log: WorkLog<Row>,
  { claimed, counts, times, end }: RunReport,
  { due, begun }: Omit<Occasion, 'claim'>,
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
    case 'ended':
      await log.ended(end);
      await afterRun(work, end, due);

      return { run: end.run === '' ? null : end.run, outcome: end.kind };
    case 'succeeded':
      await log.end('succeeded', counts, times, null);
      log.tell('run succeeded', facts);
      await afterRun(work, { run: run ?? '', owesRest: true, isAwaited: end.isAwaited }, due);
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

/**
 * The run itself has ended well: what comes after it fails by itself, and is said. A process that dies here is followed by one that does it again.
 * The run that waited is owed until it begins: called twice it runs once, and whatever else begins meanwhile is it.
 */
async function afterRun<Row>(
  work: RunWork<Row> & Pick<RunTarget<Row>, 'followed'>,
  { run, owesRest, isAwaited }: Pick<EndedRun, 'run' | 'owesRest' | 'isAwaited'>,
  due: Date,
): Promise<void> {
  const { task, now, tell } = work;
  for (const action of owesRest ? task.after : []) {
    if ('task' in action) {
      const event: RunEvent = { after: task.name, ended: now().toISOString() };
      await attempt(work, run, `task ${action.task}`, tell(work.functionOf(action.task), event));
    } else if (action.on === 'source') {
      await attempt(work, run, 'SQL on the source', work.onSource(action.sql));
    }
  }
  if (isAwaited) {
    await attempt(work, run, 'the run that waited', tell(work.ownArn, { waited: due.toISOString() }));
  }
  await (owesRest ? work.followed(run) : undefined);
}

async function attempt<Row>({ task, logger }: RunWork<Row>, run: string, what: string, action: Promise<void>) {
  await action.catch((error: unknown) =>
    logger.error('what follows the run failed', { task: task.name, run, what, error }),
  );
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
  const { due, waited, started, asked, ended } = event as Partial<Record<string, string>>;
  const text = due ?? waited ?? started ?? asked ?? ended;
  const time = text === undefined ? now : new Date(text);

  return Number.isNaN(time.getTime()) ? now : time;
}
