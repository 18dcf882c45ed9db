import type { EventSources } from './event-source.ts';
import { type KafkaProgress, kafkaProgress } from './kafka-start.ts';
import type { LedgerEntry } from './keep-ledger.ts';
import type { LedgerReport } from './ledger-report.ts';
import { KEEP_SQL, type LedgerRow, ledgerParameters, ledgerState } from './ledger-row.ts';
import type { TaskDatabase } from './shard-writer.ts';
import type { TaskEntry } from './task-entry.ts';
import { taskEpoch, taskPositions } from './task-positions.ts';

/** What CloudWatch knows of a task's consumer. */
export interface KafkaActivity {
  /** Records behind the newest, as Lambda's pollers last said; undefined when they have said nothing for minutes. */
  readonly lag: number | undefined;
  /** Whether it was called in the last minutes. */
  readonly isCalled: boolean;
}

export interface KafkaLedgerPorts {
  readonly sources: Pick<EventSources, 'find'>;
  readonly database: Pick<TaskDatabase, 'execute'>;
  /** @param functionArn of the consumer */
  readonly activity: (functionArn: string) => Promise<KafkaActivity>;
  readonly now: () => number;
}

/** Accounts that added up, of tasks that were not called since: a database that sleeps is not woken for them. */
export type RestingKafka = Map<string, LedgerReport>;

/** Whether the task reads a topic of Kafka: who took its records only its brokers know. */
export function isOfKafka({ settings }: Pick<TaskEntry, 'settings'>): boolean {
  return settings?.kafka !== undefined;
}

/**
 * A Kafka task's account (decision 0015): the brokers number what they take, partition by partition, without gaps. So the offsets between where
 * the task began and where it is are the records it should have handled, and those it has written and quarantined are held against them. Of
 * topics whose offsets have gaps (compacted, or written in transactions) there is none, nor of tasks that may write twice.
 *
 * @param row what is written down of it
 */
export async function kafkaEntry(
  ports: KafkaLedgerPorts,
  task: TaskEntry,
  row: LedgerRow | undefined,
): Promise<LedgerEntry> {
  const dead = await deathOf(ports.sources, task);
  if (!hasAccount(task)) {
    return { task: task.name, report: undefined, dead };
  }
  const { lag } = await ports.activity(task.settings?.functionArn ?? '');
  const { startedAt, written, quarantined } = await taskPositions(ports.database, task);
  const progress = await kafkaProgress(ports.database, task.name, taskEpoch(task));
  // Another account's, of an earlier epoch's row that was begun anew.
  const known = row === undefined ? undefined : ledgerState(row);
  const acknowledged = known?.acknowledged ?? 0;
  const report =
    startedAt === undefined
      ? undefined
      : reportOf(progress, { written, quarantined, acknowledged, lag, now: ports.now() });

  return { task: task.name, report, dead };
}

/** The same, written down, so that a difference can be acknowledged; from memory while nothing happens. */
export async function keepKafka(
  ports: KafkaLedgerPorts,
  task: TaskEntry,
  look: () => Promise<LedgerRow | undefined>,
  resting: RestingKafka,
): Promise<LedgerEntry> {
  const rested = resting.get(task.name);
  if (rested !== undefined && !(await ports.activity(task.settings?.functionArn ?? '')).isCalled) {
    return { task: task.name, report: rested, dead: await deathOf(ports.sources, task) };
  }
  resting.delete(task.name);
  const row = hasAccount(task) ? await look() : undefined;
  const entry = await kafkaEntry(ports, task, row);
  const { report } = entry;
  if (report === undefined) {
    return entry;
  }
  await writeDown(ports, task, report);
  if (report.addsUp) {
    resting.set(task.name, report);
  }

  return entry;
}

function hasAccount({ settings, delivery }: TaskEntry): boolean {
  return settings?.kafka !== undefined && settings.kafka.gaps !== true && delivery !== 'at-least-once';
}

interface Seen {
  readonly written: number;
  readonly quarantined: number;
  readonly acknowledged: number;
  readonly lag: number | undefined;
  readonly now: number;
}

function reportOf(
  progress: readonly KafkaProgress[],
  { written, quarantined, acknowledged, lag = 0, now }: Seen,
): LedgerReport {
  const difference = progress.reduce((sum, { passed, handled }) => sum + passed - handled, 0) - acknowledged;

  return {
    accepted: written + quarantined + difference + acknowledged + lag,
    written,
    quarantined,
    inFlight: lag,
    lost: Math.max(0, difference),
    doubled: Math.max(0, -difference),
    acknowledged,
    addsUp: difference === 0,
    asOf: new Date(now).toISOString(),
  };
}

async function writeDown({ database, now }: KafkaLedgerPorts, task: TaskEntry, report: LedgerReport): Promise<void> {
  const { startedAt = now() } = await taskPositions(database, task);
  const at = now();
  const state = {
    stream: task.topic,
    eventSource: task.eventSource ?? '',
    since: startedAt,
    base: 0,
    accepted: report.accepted,
    countedThrough: at,
    unsure: 0,
    cuts: [],
    difference: report.lost - report.doubled,
    acknowledged: report.acknowledged,
    judgedAt: at,
    okAt: report.addsUp ? at : null,
    handled: report.written + report.quarantined,
    progressAt: at,
  };
  await database.execute(KEEP_SQL, ledgerParameters(task.name, taskEpoch(task), state, report.accepted));
}

async function deathOf(sources: Pick<EventSources, 'find'>, task: TaskEntry): Promise<string | undefined> {
  if (task.wanted !== 'started') {
    return undefined;
  }
  const source = task.eventSource === undefined ? undefined : await sources.find(task.eventSource);
  if (source === undefined) {
    return 'its event source mapping is gone';
  }
  if (!source.enabled) {
    return 'its event source mapping is disabled, and nobody stopped the task';
  }

  return source.problem;
}
