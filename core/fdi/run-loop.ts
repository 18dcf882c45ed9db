import { InvalidSetting } from '../errors.ts';
import { Rejection } from './rejection.ts';
import {
  type BusyRun,
  type Checkpoint,
  type ClaimedRun,
  type ClaimRequest,
  type EndedRun,
  Fenced,
  type PagePart,
  type RejectedRecord,
  type RowPlan,
  type RunCounts,
  type RunFault,
  type RunQuarantine,
  type RunTarget,
  type SourcePage,
  type SourceReader,
  type SourceRecord,
} from './run-ports.ts';

/** How an attempt at a run ended. */
export type RunEnd =
  | { readonly kind: 'succeeded'; readonly isAwaited: boolean }
  /** It goes on from its place in another invocation. */
  | { readonly kind: 'continues' }
  /** It was stopped, and goes on from its place when the task is started again. */
  | { readonly kind: 'cancelled' }
  /** It goes on from its place with the next run. `isRefused`: trying again changes nothing before somebody does. */
  | { readonly kind: 'failed'; readonly error: unknown; readonly message: string; readonly isRefused: boolean }
  | { readonly kind: 'busy'; readonly busy: BusyRun }
  /** There was nothing to go on with. */
  | EndedRun;

export interface RunTimes {
  /** Milliseconds this attempt has spent reading and writing. */
  readMs: number;
  writeMs: number;
}

export interface RunReport {
  readonly claimed?: ClaimedRun;
  readonly counts: RunCounts;
  readonly times: RunTimes;
  readonly end: RunEnd;
}

/** Told as it happens; a run log and a log. Never throws. */
export interface RunObserver {
  claimed(run: ClaimedRun): Promise<void>;
  /** A page is written. */
  moved(counts: RunCounts, times: RunTimes): Promise<void>;
}

export interface Run<Row> {
  readonly reader: SourceReader;
  readonly target: RunTarget<Row>;
  readonly quarantine: RunQuarantine;
  readonly observer: RunObserver;
  /** One that was left keeps its id, and `isToldToWait` of it. */
  readonly claim: ClaimRequest;
  /** Milliseconds until this attempt has to be over. */
  readonly remainingMs: () => number;
  /** Somebody stopped the task; asked between pages. */
  readonly isStopped: () => Promise<boolean>;
  readonly pause: (ms: number) => Promise<void>;
  readonly now: () => number;
}

/** Waits before the place is read again after a fault that passes; used up, the run fails, and the next goes on. */
const WAITS_MS: readonly number[] = [50, 400, 2000, 5000, 10_000];
/** What a page and the farewell may take; an attempt that has less does not begin another page. */
const RESERVE_MS = 30_000;
/** A third of what is left, where that is less: a short invocation too must get on. */
const RESERVE_PART = 3;
const HEARTBEAT_MS = 20_000;

class Stopped extends Error {
  override readonly name = 'Stopped';
}

class OutOfTime extends Error {
  override readonly name = 'OutOfTime';
}

/** What went wrong with the source, and what that means. */
class ReadFailed extends Error {
  override readonly name = 'ReadFailed';
  readonly fault: RunFault;

  constructor(fault: RunFault, cause: unknown) {
    super(`reading the source: ${fault.message}`, { cause });
    this.fault = fault;
  }
}

/** What moved since the place was last read. */
interface Progress<Row> {
  readonly run: Run<Row>;
  readonly claimed: ClaimedRun;
  readonly plan: RowPlan<Row>;
  counts: RunCounts;
  readonly times: RunTimes;
  readonly reserveMs: number;
}

/**
 * One attempt at a run: from where its place stands to its end, or as far as time and luck allow. After every fault the place is read anew from
 * the target, so that nothing depends on what this process believes it has written.
 */
export async function runTask<Row>(run: Run<Row>): Promise<RunReport> {
  const times: RunTimes = { readMs: 0, writeMs: 0 };
  const reserveMs = Math.min(RESERVE_MS, run.remainingMs() / RESERVE_PART);
  let claimed: ClaimedRun | undefined;
  let counts: RunCounts | undefined;
  let announced = false;
  const report = (end: RunEnd): RunReport => ({
    ...(claimed && { claimed }),
    counts: counts ?? { read: 0, written: 0, unchanged: 0, rejected: 0, bytes: 0 },
    times,
    end,
  });
  for (let attempt = 0; ; attempt += 1) {
    let progress: Progress<Row> | undefined;
    try {
      // What ended the run may have gone through without an answer: no other one is begun in its place.
      const claim = await run.target.claim(claimed === undefined ? run.claim : { id: claimed.run, only: 'this' });
      if (claim.kind === 'busy') {
        return report({ kind: 'busy', busy: claim });
      }
      if (claim.kind === 'ended') {
        return report(claimed !== undefined && claim.isOwn ? { ...claim, kind: 'succeeded' } : claim);
      }
      claimed = claim;
      counts = claim.counts;
      if (!announced) {
        announced = true;
        await run.observer.claimed(claim);
      }
      const fields = await reading(run.reader, () => run.reader.fields());
      if (fields === undefined) {
        const { isAwaited } = await run.target.finish(claim.mark);

        return report({ kind: 'succeeded', isAwaited });
      }
      const plan = await run.target.plan(fields);
      progress = { run, claimed: claim, plan, counts, times, reserveMs };
      const end = await toItsEnd(progress);
      counts = progress.counts;

      return report({ kind: 'succeeded', isAwaited: end.isAwaited });
    } catch (error) {
      const moved = progress !== undefined && progress.counts.read > (counts?.read ?? 0);
      counts = progress?.counts ?? counts;
      const end = await endOf(run, error, { attempt: moved ? 0 : attempt, leastMs: reserveMs / RESERVE_PART });
      if (end !== undefined) {
        return report(end);
      }
      attempt = moved ? 0 : attempt;
    }
  }
}

async function toItsEnd<Row>(progress: Progress<Row>): Promise<{ readonly isAwaited: boolean }> {
  const { run, claimed } = progress;
  const { reader, target } = run;
  let place = claimed.checkpoint;
  if (place === null || !(await reading(reader, () => reader.isOwn(place)))) {
    place = await timed(progress, 'readMs', () => reading(reader, () => reader.begin(claimed.mark)));
    await target.write({ rows: [], rejected: 0, checkpoint: place, bytes: 0, isRepeated: false });
  }
  let next = readAfter(progress, place);
  try {
    for (;;) {
      const page = await next;
      place = page.after(page.records.length);
      await checkOn(progress, page.isLast);
      // The next page is read while this one is written; what goes wrong with it is met when it is waited for.
      next = page.isLast ? next : readAfter(progress, place);
      next.catch(() => undefined);
      await timed(progress, 'writeMs', () => writePage(progress, page));
      await run.observer.moved(progress.counts, progress.times);
      if (page.isLast) {
        const mark = reader.markOf(place);
        const end = await target.finish(mark);
        await reader.settle?.(mark);

        return end;
      }
    }
  } catch (error) {
    // A reader does one thing at a time, also for the next attempt: closed in the middle, some drivers never answer.
    await next.catch(() => undefined);
    throw error;
  }
}

/** Between two pages: the last one is written whatever happens, since it is there. */
async function checkOn<Row>({ run, reserveMs }: Progress<Row>, isLast: boolean): Promise<void> {
  if (isLast) {
    return;
  }
  if (await run.isStopped()) {
    throw new Stopped('the task was stopped');
  }
  if (run.remainingMs() < reserveMs) {
    throw new OutOfTime('the time of this attempt is over');
  }
}

async function readAfter<Row>(progress: Progress<Row>, place: Checkpoint): Promise<SourcePage> {
  const { run, reserveMs } = progress;
  const beat = setInterval(() => void run.target.renew(), HEARTBEAT_MS);
  try {
    const timeMs = Math.max(1000, run.remainingMs() - reserveMs / 2);

    return await timed(progress, 'readMs', () => reading(run.reader, () => run.reader.read(place, timeMs)));
  } finally {
    clearInterval(beat);
  }
}

async function reading<Answer>(reader: SourceReader, work: () => Promise<Answer>): Promise<Answer> {
  try {
    return await work();
  } catch (error) {
    throw error instanceof InvalidSetting ? error : new ReadFailed(reader.faultOf(error), error);
  }
}

async function writePage<Row>(progress: Progress<Row>, page: SourcePage): Promise<void> {
  const { plan } = progress;
  const { records } = page;
  const { target, observer } = progress.run;
  for (let from = 0; from < records.length; ) {
    if (from > 0) {
      await observer.moved(progress.counts, progress.times);
      await checkOn(progress, false);
    }
    const part = records.slice(from, from + (target.recordsAtOnce ?? records.length));
    await plan.compute?.(part.filter(({ rejection }) => rejection === undefined));
    const outcomes = part.map((record) => ({ record, outcome: record.rejection ?? plan.read(record) }));
    await writeSlice(progress, page, outcomes, from);
    from += part.length;
  }
}

type Outcome<Row> = { readonly record: SourceRecord; readonly outcome: Row | Rejection };

/** Whole if it can be, else in halves down to the row that the target refuses, which is quarantined. */
async function writeSlice<Row>(
  progress: Progress<Row>,
  page: SourcePage,
  outcomes: readonly Outcome<Row>[],
  from: number,
): Promise<void> {
  const { run, claimed, plan } = progress;
  const rejected = outcomes.flatMap(({ record, outcome }) =>
    outcome instanceof Rejection ? [{ record, rejection: outcome } satisfies RejectedRecord] : [],
  );
  const rows = outcomes.flatMap(({ outcome }) => (outcome instanceof Rejection ? [] : [outcome]));
  // First, and again if need be: a record that is neither in the target nor here would be lost.
  if (rejected.length > 0) {
    await run.quarantine.put(claimed.run, plan.version, rejected);
  }
  const part: PagePart<Row> = {
    rows,
    rejected: rejected.length,
    checkpoint: page.after(from + outcomes.length),
    bytes: Math.round((page.bytes * outcomes.length) / Math.max(1, page.records.length)),
    isRepeated: page.isRepeated,
  };
  try {
    const { unchanged } = await run.target.write(part);
    count(progress, part, unchanged);

    return;
  } catch (error) {
    const fault = faultOf(run.target, error);
    if (fault === undefined || (fault.kind !== 'data' && fault.kind !== 'slow') || rows.length === 0) {
      throw error;
    }
    if (rows.length === 1) {
      if (fault.kind === 'slow') {
        throw error;
      }
      const refused = outcomes.map((entry) =>
        entry.outcome instanceof Rejection
          ? entry
          : { ...entry, outcome: new Rejection(fault.code ?? 'database', fault.message) },
      );

      return writeSlice(progress, page, refused, from);
    }
  }
  const middle = middleOf(outcomes);
  await writeSlice(progress, page, outcomes.slice(0, middle), from);
  await writeSlice(progress, page, outcomes.slice(middle), from + middle);
}

/** Where half of the rows that can be written lie on each side. */
function middleOf<Row>(outcomes: readonly Outcome<Row>[]): number {
  const good = outcomes.flatMap(({ outcome }, index) => (outcome instanceof Rejection ? [] : [index]));

  return good[good.length >> 1] ?? outcomes.length >> 1;
}

function count<Row>(progress: Progress<Row>, { rows, rejected, bytes }: PagePart<Row>, unchanged: number): void {
  const { counts } = progress;
  progress.counts = {
    read: counts.read + rows.length + rejected,
    written: counts.written + rows.length - unchanged,
    unchanged: counts.unchanged + unchanged,
    rejected: counts.rejected + rejected,
    bytes: counts.bytes + bytes,
  };
}

/** @param leastMs what has to be left for trying again @returns undefined when the place is to be read again */
async function endOf<Row>(
  run: Run<Row>,
  error: unknown,
  { attempt, leastMs }: { readonly attempt: number; readonly leastMs: number },
): Promise<RunEnd | undefined> {
  const { target, reader } = run;
  if (error instanceof Stopped || error instanceof OutOfTime) {
    await target.release();

    return error instanceof Stopped ? { kind: 'cancelled' } : { kind: 'continues' };
  }
  const message = error instanceof Error ? error.message : String(error);
  if (error instanceof Fenced) {
    return { kind: 'failed', error, message, isRefused: false };
  }
  const fault = faultOf(target, error);
  const usual = fault?.kind === 'passing' ? WAITS_MS[attempt] : undefined;
  const wait = usual === undefined ? undefined : Math.max(usual, fault?.waitMs ?? 0);
  if (wait === undefined || run.remainingMs() < wait + leastMs) {
    await target.release();

    return { kind: 'failed', error, message, isRefused: error instanceof InvalidSetting };
  }
  // A connection may be in the middle of something, and the place may have moved without an answer.
  await Promise.all([target.close(), reader.close()]);
  await run.pause(wait);

  return undefined;
}

/** What is ours is no fault of a database. */
function faultOf<Row>(target: RunTarget<Row>, error: unknown): RunFault | undefined {
  if (error instanceof ReadFailed) {
    return error.fault;
  }
  const isOurs = [InvalidSetting, Fenced, Stopped, OutOfTime].some((type) => error instanceof type);

  return isOurs ? undefined : target.faultOf(error);
}

async function timed<Row, Answer>(
  { run, times }: Progress<Row>,
  what: keyof RunTimes,
  work: () => Promise<Answer>,
): Promise<Answer> {
  const startedAt = run.now();
  try {
    return await work();
  } finally {
    times[what] += run.now() - startedAt;
  }
}
