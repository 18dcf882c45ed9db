import type { RestingKafka } from '../../core/fdi/kafka-account.ts';
import { keepLedger, type LedgerEntry, type LedgerPorts } from '../../core/fdi/keep-ledger.ts';
import { RestingTasks } from '../../core/fdi/resting-tasks.ts';
import { isScheduled } from '../../core/fdi/run-control.ts';
import type { TaskEntry } from '../../core/fdi/task-entry.ts';
import { database } from '../shared/database.ts';
import { embeddedMetrics } from '../shared/embedded-metrics.ts';
import { environment } from '../shared/environment.ts';
import { eventSources } from '../shared/event-sources.ts';
import { incomingRecords } from '../shared/incoming-records.ts';
import { kafkaActivity } from '../shared/kafka-activity.ts';
import { logger } from '../shared/logger.ts';
import { catalogTable } from '../shared/tables.ts';
import { taskEntry } from '../shared/task-entries.ts';
import { topicReader } from '../shared/topic-reader.ts';

const PAGE = 100;
/** As long as Lambda keeps this process, which is called every minute: some hours. */
const resting = new RestingTasks();
const restingKafka: RestingKafka = new Map();

/** Every minute: holds what each task wrote against what its topic took, and says what is missing as a metric. */
export const handler = async (): Promise<void> => {
  const { now, ...rest } = ledgerPorts();
  const failed: string[] = [];
  const onFailure = (task: string, error: unknown) => {
    failed.push(task);
    logger.error('the ledger of a task is not kept', { task, error });
  };
  const entries = await keepLedger({ now, ...rest }, await allTasks(), onFailure, resting, restingKafka);
  for (const entry of entries) {
    measure(entry, now());
  }
  if (failed.length > 0) {
    // An alarm watches failed invocations: an account that nobody keeps must not look like one that adds up.
    throw new LedgerNotKept(failed);
  }
};

class LedgerNotKept extends Error {
  override readonly name = 'LedgerNotKept';

  constructor(tasks: readonly string[]) {
    super(`The ledger of ${tasks.join(', ')} is not kept; the lines before this one say why.`);
  }
}

function measure({ task, report, dead }: LedgerEntry, now: number): void {
  const dimensions = { Environment: environment('CAUSEWAY_ENVIRONMENT'), Task: task };
  const metrics = {
    DeadTask: dead === undefined ? 0 : 1,
    ...(report !== undefined && { LedgerDifference: report.lost + report.doubled }),
  };
  const level = dead !== undefined || report?.addsUp === false ? 'error' : 'info';
  logger[level]('ledger', { task, ...report, dead, ...embeddedMetrics(dimensions, metrics, now) });
}

async function allTasks(): Promise<TaskEntry[]> {
  const tasks: TaskEntry[] = [];
  let next: string | undefined;
  do {
    const page = await catalogTable().query({ kind: 'task' }, { limit: PAGE, ...(next !== undefined && { next }) });
    // Runs of scheduled tasks keep an account of their own.
    tasks.push(...page.items.map(taskEntry).filter((task) => !isScheduled(task)));
    next = page.next;
  } while (next !== undefined);

  return tasks;
}

function ledgerPorts(): LedgerPorts {
  return {
    sources: eventSources(),
    topics: topicReader(),
    incoming: incomingRecords,
    activity: kafkaActivity,
    database: database(),
    now: Date.now,
  };
}
