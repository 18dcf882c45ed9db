import type { Path, ValueAt } from './path.ts';
import type { Rejection, RejectionCode } from './rejection.ts';
import type { CsvLine } from './run-file-line.ts';
import type { MetadataType } from './topic-task.ts';

/**
 * What a scheduled task's run is made of. A reader yields pages of records, each with where it ends; a target writes a page and that place
 * together, or not at all; the loop (`run-loop.ts`) goes on until nothing is left, its time is over or it is stopped. A new kind of source is a
 * `SourceReader`, a new kind of target a `RunTarget`: neither knows of the other, nor of schedules, leases, logs or deadlines.
 */

/** A place in a source, or what a reader has to remember from run to run. JSON, at most 8,000 characters; only its own reader reads it. */
export type Checkpoint =
  | string
  | number
  | boolean
  | null
  | readonly Checkpoint[]
  | { readonly [name: string]: Checkpoint };

/** A field of a source's records. */
export interface SourceField {
  /** The name the mapping knows it by. */
  readonly name: string;
  /** What its values are read as; what is not of it is quarantined. */
  readonly type: MetadataType;
  /** Where it stands in a record's `value`. */
  readonly path: Path;
  /** How the path leads there, where that is not JSON's way. */
  readonly at?: ValueAt;
}

export interface SourceRecord {
  /** As JSON has it: an object of columns, or what an API or a file held. Integers beyond 2^53 and long decimals are texts. */
  readonly value: unknown;
  /** What somebody finds it again by in its source: `Id=17`, `orders/2026.csv:1204`. The same whenever it is read. */
  readonly position: string;
  /** What is wrong with it already: it is quarantined as it is. */
  readonly rejection?: Rejection;
  /** Of a file of CSV: what its lines are read by. */
  readonly csv?: CsvLine;
  /** The same of all its versions: what a source's key holds. Absent where the source has none. */
  readonly key?: string;
}

export interface SourcePage {
  readonly records: readonly SourceRecord[];
  /**
   * The place behind so many of its records: a page that the target refuses is written in parts.
   *
   * @param count 1 to the number of records; 0 of a page that has none
   */
  after(count: number): Checkpoint;
  /** Nothing comes after it. */
  readonly isLast: boolean;
  /** About as much as was received for it. */
  readonly bytes: number;
  /**
   * Its records may be in the target already as they are, since they were read before: the target compares before it writes.
   */
  readonly isRepeated: boolean;
}

/** One source, for one run at a time. Nothing of it is called twice at once. */
export interface SourceReader {
  /**
   * What its records hold; undefined when only records could tell, and there are none: the run has nothing to do.
   *
   * @throws InvalidSetting for a source that cannot be read as it is declared
   */
  fields(): Promise<readonly SourceField[] | undefined>;
  /**
   * Where a new run begins, and what it is to end with: kept before anything is read, so that a run that is resumed reads the same.
   *
   * @param mark what the last complete run left; null before the first
   */
  begin(mark: Checkpoint): Promise<Checkpoint>;
  /** Whether a place is one of this source as it is declared now; a run that was left by another declaration is begun again. */
  isOwn(place: Checkpoint): Promise<boolean>;
  /**
   * The records after this place, few enough to be held in memory. The place it was given before is kept by then: a page is read while the one
   * before it is written, never earlier.
   *
   * @param timeMs then it has to be over
   */
  read(after: Checkpoint, timeMs: number): Promise<SourcePage>;
  /** What the next run gets as `mark` when this one was read to its end. */
  markOf(end: Checkpoint): Checkpoint;
  /**
   * What can be done about the source when all of a run is in the target. Never throws; what it could not do, the next run's `begin` can, since it
   * gets the same.
   *
   * @param mark as the run left it
   */
  settle?(mark: Checkpoint): Promise<void>;
  /** What an error of this source means: never `data`, which is for single records. */
  faultOf(error: unknown): RunFault;
  /** Ends connections. Never throws. */
  close(): Promise<void>;
}

/** How a source's records become rows of a target. */
export interface RowPlan<Row> {
  /** Computes what `read` needs of records, before they are read; absent where nothing is computed. */
  readonly compute?: (records: readonly SourceRecord[]) => Promise<void>;
  readonly read: (record: SourceRecord) => Row | Rejection;
  /** 12 hexadecimal digits, another for every other mapping; kept with quarantined records. */
  readonly version: string;
}

/** What a run has done so far, over all its attempts: exact, since it moves with the rows. `read` = `written` + `unchanged` + `rejected`. */
export interface RunCounts {
  readonly read: number;
  /** Sent to the target (an upsert's stale and folded rows among them). */
  readonly written: number;
  /** Left as they were, since the target had them already. */
  readonly unchanged: number;
  /** In the quarantine. */
  readonly rejected: number;
  readonly bytes: number;
}

export const NO_COUNTS: RunCounts = Object.freeze({ read: 0, written: 0, unchanged: 0, rejected: 0, bytes: 0 });

/** What a process takes a task for: its run that was left, else a new one. */
export interface ClaimRequest {
  /** Of a new run. */
  readonly id: string;
  /** `this`: no run but the one of this id. `awaited`: a new one only where a run is owed since it was told to wait, and nobody has begun it. */
  readonly only?: 'this' | 'awaited';
  /** When it was due, as ids of runs begin, where what calls again says so again: where a run that began later has ended there is nothing to do. */
  readonly due?: string;
  /** A run that had begun before this was due is told that another one is to follow, whether it goes on or was left. */
  readonly wait?: boolean;
}

/** A run that this process may go on with. */
export interface ClaimedRun {
  readonly kind: 'claimed';
  readonly run: string;
  /** It was begun before, and goes on from `checkpoint`. */
  readonly isResumed: boolean;
  /** It was told now that what is due follows its end. */
  readonly isToldToWait?: boolean;
  /** Where it is; null before its reader has begun it. */
  readonly checkpoint: Checkpoint;
  /** What the last complete run left. */
  readonly mark: Checkpoint;
  readonly counts: RunCounts;
}

/** Another process works on a run of the task. */
export interface BusyRun {
  readonly kind: 'busy';
  readonly run: string;
  /** It was told that a run waits for its end. */
  readonly isToldToWait: boolean;
}

/** There is nothing to do: the run that was asked for has ended, or the one that was owed has begun. */
export interface EndedRun {
  readonly kind: 'ended';
  /** The last one that has ended; empty where another one was begun since, or nobody knows. */
  readonly run: string;
  readonly counts: RunCounts;
  /** A run was told to wait for this end, and nobody has begun it yet. */
  readonly isAwaited: boolean;
  /** It was this process that ended it. */
  readonly isOwn: boolean;
  /** What follows it, other than on the target, has not been noted as done. */
  readonly owesRest: boolean;
}

/** A part of a page on its way into the target: rows in the source's order, and the place behind them. */
export interface PagePart<Row> {
  readonly rows: readonly Row[];
  readonly rejected: number;
  readonly checkpoint: Checkpoint;
  readonly bytes: number;
  readonly isRepeated: boolean;
}

/** Where rows go, and where a task's place is kept together with them. Nothing of it is called twice at once but `renew`. */
export interface RunTarget<Row> {
  /** The most records of one write, where a page takes long: it is written in so many parts, each with its place. May change from part to part. */
  readonly recordsAtOnce?: number;
  /** Joins what the source gives with what the target takes. @throws InvalidSetting naming what cannot work */
  plan(fields: readonly SourceField[]): Promise<RowPlan<Row>>;
  /** Takes the task for this process. From then on nobody who held it before can write. */
  claim(request: ClaimRequest): Promise<ClaimedRun | BusyRun | EndedRun>;
  /**
   * Writes the part and moves the place and the counts behind it, together or not at all.
   *
   * @returns how many rows were there already as they are
   * @throws Fenced when another process has taken the task; else whatever the database says
   */
  write(part: PagePart<Row>): Promise<{ readonly unchanged: number }>;
  /** Keeps the task for another while, while something takes long. Never throws. */
  renew(): Promise<void>;
  /**
   * Ends the run: what it leaves for the next, and what is to be done at its end, together.
   *
   * @returns whether another run was told to wait for this end; it is owed until a new run begins
   */
  finish(mark: Checkpoint): Promise<{ readonly isAwaited: boolean }>;
  /** Notes that what follows this run was done. Never throws. */
  followed(run: string): Promise<void>;
  /** What would be written of a row, for people; writes nothing. */
  show(row: Row): Readonly<Record<string, unknown>>;
  /** Lets another process go on with the run. Never throws. */
  release(): Promise<void>;
  /** What an error of this target means for the part it happened to. */
  faultOf(error: unknown): RunFault;
  /** Ends connections; the next call opens new ones. Never throws. */
  close(): Promise<void>;
}

/**
 * - `data`: some row of the part; it is looked for, and quarantined · `slow`: the part is too large, halves may do
 * - `passing`: the same again may work in a moment · `lasting`: nothing this run can do about it
 */
export interface RunFault {
  readonly kind: 'data' | 'slow' | 'passing' | 'lasting';
  readonly message: string;
  /** What a row is quarantined as; `database` unless it says otherwise. */
  readonly code?: RejectionCode;
  /** How long whoever refused it asked to be left alone. */
  readonly waitMs?: number;
}

/** Another process has taken the task over: this one writes nothing any more. */
export class Fenced extends Error {
  override readonly name = 'Fenced';
}

/** A record that could not be written, and why. */
export interface RejectedRecord {
  readonly record: SourceRecord;
  readonly rejection: Rejection;
}

/** Where records go that cannot be written. The same record is kept once, however often it is put. */
export interface RunQuarantine {
  put(run: string, mappingVersion: string, rejected: readonly RejectedRecord[]): Promise<void>;
}
