import type { EventSource, EventSources } from './event-source.ts';
import { forgetKeys } from './forget-keys.ts';
import { isOfKafka, type KafkaLedgerPorts, kafkaEntry, keepKafka, type RestingKafka } from './kafka-account.ts';
import {
  acceptedBefore,
  type Cut,
  fold,
  judge,
  judgeExpired,
  type LedgerState,
  MINUTE_MS,
  type MinuteCounts,
  minuteOf,
  progressOf,
} from './ledger.ts';
import { type LedgerReport, ledgerReport } from './ledger-report.ts';
import { KEEP_SQL, type LedgerRow, ledgerParameters, ledgerState, ledgersSql } from './ledger-row.ts';
import { openLedger, startOf } from './open-ledger.ts';
import { everythingHandled } from './prove-handled.ts';
import { type KeptAccount, RestingTasks, restedAccount } from './resting-tasks.ts';
import type { TaskDatabase } from './shard-writer.ts';
import { textParameter } from './statement.ts';
import type { TaskEntry } from './task-entry.ts';
import { type TaskPositions, taskEpoch, taskPositions } from './task-positions.ts';
import { type TopicCounter, TopicCounters, type TopicPlace, type TopicReader } from './topic-reader.ts';

export interface LedgerPorts {
  readonly sources: Pick<EventSources, 'find'>;
  readonly topics: TopicReader;
  /** CloudWatch's IncomingRecords of a stream, by its name; `to` exclusive, milliseconds. */
  readonly incoming: (stream: string, from: number, to: number) => Promise<MinuteCounts>;
  readonly activity: KafkaLedgerPorts['activity'];
  readonly database: Pick<TaskDatabase, 'execute'>;
  readonly now: () => number;
}

/** A task's account, and whether it is one that should work and does not. */
export interface LedgerEntry {
  readonly task: string;
  /** Undefined while there is nothing to account for: it was never started, or a moment ago. */
  readonly report: LedgerReport | undefined;
  /** Why it is dead, in words. */
  readonly dead: string | undefined;
}

/** A task that has something to do and has done nothing for this long is dead, whatever its mapping says. */
const STALLED_MS = 10 * MINUTE_MS;
/** An account adds up some minutes after the last message; one that has not for so long may have lost some. */
const UNPROVEN_MS = 15 * MINUTE_MS;
/** Clocks of shards and functions may differ by so much: a minute is over a little later. */
const CLOCKS_MS = 2000;

/**
 * Looks at every task once and writes down what it found. One that cannot be looked at does not stop the others.
 *
 * @param resting tasks whose accounts need no database until something arrives; without it all are looked at
 * @param restingKafka the same of those from Kafka
 */
export async function keepLedger(
  ports: LedgerPorts,
  tasks: readonly TaskEntry[],
  onFailure: (task: string, error: unknown) => void,
  resting = new RestingTasks(),
  restingKafka: RestingKafka = new Map(),
): Promise<LedgerEntry[]> {
  const entries: LedgerEntry[] = [];
  const counters = new TopicCounters(ports.topics);
  const awake: TaskEntry[] = [];
  for (const task of tasks) {
    try {
      if (isOfKafka(task)) {
        entries.push(await keepKafka(ports, task, () => ledgerRow(ports.database, task), restingKafka));
        continue;
      }
      const rested = await stillResting(ports, task, resting, counters);
      if (rested === undefined && !resting.isUnstarted(task)) awake.push(task);
      else entries.push({ task: task.name, report: rested?.report, dead: undefined });
    } catch (error) {
      onFailure(task.name, error);
    }
  }
  if (awake.length === 0) {
    return entries;
  }
  const rows = await ledgerRows(ports.database, awake);
  // Of all tasks before any topic is read: what a counter remembers of a topic must not be older than the positions held against it.
  const looks = await Promise.allSettled(awake.map((task) => taskPositions(ports.database, task)));
  const fresh = new TopicCounters(ports.topics);
  for (const [index, task] of awake.entries()) {
    try {
      const look = looks[index];
      if (look?.status !== 'fulfilled') {
        throw look?.reason;
      }
      const positions = look.value;
      const seen = { row: rows.get(keyOf(task)), positions, restedAt: resting.of(task)?.state.progressAt };
      const account = await accountOf(ports, task, seen, fresh);
      entries.push({ task: task.name, report: account?.report, dead: account?.dead });
      if (account === undefined) {
        resting.keepUnstarted(task);
        continue;
      }
      const { state, report } = account;
      await ports.database.execute(KEEP_SQL, ledgerParameters(task.name, taskEpoch(task), state, report.accepted));
      await forgetKeys(ports, task, { positions, retentionMs: account.retentionMs });
      resting.keep(task, { state, report, positions });
    } catch (error) {
      onFailure(task.name, error);
    }
  }

  return entries;
}

async function stillResting(
  ports: LedgerPorts,
  task: TaskEntry,
  resting: RestingTasks,
  counters: TopicCounters,
): Promise<KeptAccount | undefined> {
  const kept = resting.of(task);
  const account = kept && (await restedAccount(ports, task, kept, counters));
  if (account !== undefined) {
    resting.keep(task, account);
  }

  return account;
}

/** A task's account as of now, without writing anything down. */
export async function showLedger(ports: LedgerPorts, task: TaskEntry): Promise<LedgerEntry> {
  if (isOfKafka(task)) {
    return kafkaEntry(ports, task, await ledgerRow(ports.database, task));
  }
  const rows = await ledgerRows(ports.database, [task]);
  const positions = await taskPositions(ports.database, task);
  const account = await accountOf(ports, task, { row: rows.get(keyOf(task)), positions }, undefined);

  return { task: task.name, report: account?.report, dead: account?.dead };
}

interface Account {
  readonly state: LedgerState;
  readonly report: LedgerReport;
  readonly dead: string | undefined;
  readonly retentionMs: number;
}

interface SeenTask {
  readonly row: LedgerRow | undefined;
  readonly positions: TaskPositions;
  /** When there was last nothing to do and so no look at the database. */
  readonly restedAt?: number | undefined;
}

/**
 * @param seen what the database says of it; its positions were read before its topic is, so that what arrives meanwhile lies behind them
 * @param counters without them no cut is taken: what is known is shown
 */
async function accountOf(
  ports: LedgerPorts,
  task: TaskEntry,
  { row, positions: looked, restedAt = 0 }: SeenTask,
  counters: TopicCounters | undefined,
): Promise<Account | undefined> {
  const source = task.eventSource === undefined ? undefined : await ports.sources.find(task.eventSource);
  const known = row === undefined ? undefined : ledgerState(row);
  if (source === undefined && known === undefined) {
    return undefined;
  }
  const now = ports.now();
  const opened =
    source === undefined
      ? known
      : await openLedger(ports, { task, source, known, positions: looked, now, counts: counters !== undefined });
  if (opened === undefined) {
    return undefined;
  }
  const { retentionMs, streamArn } = await kept(ports, task, source);
  const proven =
    counters !== undefined && looked.keyedAt !== undefined && (await isProven(ports, task, streamArn, opened));
  // Again, behind the proof: what it found handled is counted by now.
  const positions = proven ? await taskPositions(ports.database, task) : looked;
  const { handled } = positions;
  const horizon = now - retentionMs;
  const waitedTooLong = (opened.okAt ?? opened.since) < horizon && counters !== undefined;
  const from = waitedTooLong ? Math.min(opened.countedThrough, minuteOf(horizon)) : opened.countedThrough;
  const minutes = await ports.incoming(opened.stream, from, minuteOf(now) + MINUTE_MS);
  let state = { ...opened, progressAt: Math.max(opened.progressAt, restedAt) };
  let waiting = false;
  if (counters !== undefined) {
    const taken = await cutOf(
      counters.of(streamArn),
      positions,
      now,
      source === undefined ? 'oldest' : startOf(source),
    );
    const cut = proven && taken.counted ? { at: taken.at, handled: taken.handled, exact: true } : taken;
    waiting = cut.counted ? isBehind(state, minutes, cut) : !cut.exact;
    state = judge(state, cut, minutes, now);
    state = waitedTooLong ? judgeExpired(state, minutes, horizon, handled) : state;
    state = progressOf(forgiving(state, task), { handled, waiting, now });
  } else {
    state = forgiving(judge(state, undefined, minutes, now), task);
  }

  return {
    state: fold(state, minutes, now),
    report: ledgerReport(state, minutes, positions),
    retentionMs,
    dead: deathOf(task, source, now - state.progressAt),
  };
}

/** With positions per key, of an account that has not added up for a while: whether nothing older than this minute is on its way. */
async function isProven(
  ports: LedgerPorts,
  task: TaskEntry,
  streamArn: string,
  { okAt, since, judgedAt }: LedgerState,
): Promise<boolean> {
  const now = ports.now();
  const from = Math.max(okAt ?? since, judgedAt ?? 0);
  if (now - from < UNPROVEN_MS || task.delivery === 'at-least-once') {
    return false;
  }
  const before = minuteOf(now - CLOCKS_MS);

  return everythingHandled(ports, { task: task.name, epoch: taskEpoch(task), streamArn, from: { at: from }, before });
}

/** Of a task that may write twice, what it wrote twice is no difference. */
function forgiving(state: LedgerState, { delivery }: TaskEntry): LedgerState {
  if (delivery !== 'at-least-once' || state.difference >= 0) {
    return state;
  }

  return { ...state, base: state.base - state.difference, difference: 0, okAt: state.judgedAt };
}

/** At the beginning of this minute, if everything before is handled; else an upper bound at its end. */
async function cutOf(
  counter: TopicCounter,
  { sequences, handled, keyedAt, handledSince }: TaskPositions,
  now: number,
  start: TopicPlace,
): Promise<Cut> {
  const at = minuteOf(now - CLOCKS_MS);
  if (keyedAt !== undefined) {
    // What was handled before that is not counted by minutes.
    return keyedAt + CLOCKS_MS <= at
      ? { at, handled: handled - handledSince(at), exact: false, counted: true }
      : boundAt(now, handled);
  }
  const since = await counter.handledSince(at, sequences, start);

  return since?.complete ? { at, handled: handled - since.count, exact: true } : boundAt(now, handled);
}

function boundAt(now: number, handled: number): Cut {
  return { at: minuteOf(now) + MINUTE_MS, handled, exact: false };
}

/** As far as the metrics tell by now. */
function isBehind(state: LedgerState, minutes: MinuteCounts, { at, handled }: Cut): boolean {
  return handled + state.acknowledged - state.base < acceptedBefore(state, minutes, at);
}

function deathOf(task: TaskEntry, source: EventSource | undefined, idleMs: number): string | undefined {
  if (task.wanted !== 'started') {
    return undefined;
  }
  if (source === undefined) {
    return 'its event source mapping is gone';
  }
  if (!source.enabled) {
    return 'its event source mapping is disabled, and nobody stopped the task';
  }

  return idleMs >= STALLED_MS ? `it has written nothing for ${Math.floor(idleMs / MINUTE_MS)} minutes` : undefined;
}

async function kept(ports: LedgerPorts, task: TaskEntry, source: EventSource | undefined) {
  const streamArn = source?.streamArn ?? task.settings?.streamArn ?? '';

  return { streamArn, ...(await ports.topics.describe(streamArn)) };
}

async function ledgerRow(database: LedgerPorts['database'], task: TaskEntry): Promise<LedgerRow | undefined> {
  return (await ledgerRows(database, [task])).get(keyOf(task));
}

async function ledgerRows(
  database: LedgerPorts['database'],
  tasks: readonly TaskEntry[],
): Promise<ReadonlyMap<string, LedgerRow>> {
  if (tasks.length === 0) {
    return new Map();
  }
  const names = tasks.map(({ name }, at) => textParameter(`task${at}`, name));
  const { rows } = await database.execute(ledgersSql(tasks.length), names, { json: true });

  return new Map(rows.map((row) => [`${row['Task']}/${row['Epoch']}`, row]));
}

function keyOf(task: TaskEntry): string {
  return `${task.name}/${taskEpoch(task)}`;
}
