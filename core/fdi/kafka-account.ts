import type { EventSources } from './event-source.ts';
import type { LedgerEntry } from './keep-ledger.ts';
import type { TaskEntry } from './task-entry.ts';

/** Whether the task reads a topic of Kafka: who took its records, and how many, only its brokers know. */
export function isOfKafka({ settings }: Pick<TaskEntry, 'settings'>): boolean {
  return settings?.kafka !== undefined;
}

/**
 * What can be said of a Kafka task without its brokers: whether it works. Nobody counts the records they took beside the task (decision 0015),
 * so there is no account to hold its positions against.
 */
export async function kafkaEntry(sources: Pick<EventSources, 'find'>, task: TaskEntry): Promise<LedgerEntry> {
  return { task: task.name, report: undefined, dead: await deathOf(sources, task) };
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
