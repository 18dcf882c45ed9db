import { Refusal } from '../errors.ts';
import { epochArn } from './epoch.ts';
import type { EventSourceSettings, EventSources } from './event-source.ts';
import { groupAfterReset, type KafkaFeed } from './kafka-feed.ts';
import type { TaskEntries, TaskEntry } from './task-entry.ts';

export interface TaskControls {
  readonly entries: TaskEntries;
  readonly sources: EventSources;
  readonly now: () => Date;
}

/** A task's state; a change Lambda is still making counts as made. */
export type TaskState = 'started' | 'stopped';

export async function taskState(sources: Pick<EventSources, 'find'>, task: TaskEntry): Promise<TaskState> {
  const source = task.eventSource === undefined ? undefined : await sources.find(task.eventSource);

  return source?.enabled ? 'started' : 'stopped';
}

/** Starts a task. It reads on where it stopped; the first time where its settings say. */
export async function startTask(controls: TaskControls, task: TaskEntry): Promise<void> {
  const { entries, sources } = controls;
  const source = task.eventSource === undefined ? undefined : await sources.find(task.eventSource);
  if (source === undefined) {
    await connect(controls, task.name, provisioned(task), task.startFrom);
    return;
  }
  if (!source.enabled) {
    await sources.setEnabled(source.id, true);
  }
  await entries.note(task.name, { wanted: 'started' });
}

/**
 * Starts a task, running or not, from an earlier moment: messages that arrived since are read again, and those that are written already stay
 * as they are, by the positions. For what is missing in the table after the database was restored.
 *
 * @throws Refusal CAUSEWAY.0412 while Lambda still deletes the old mapping, which may take minutes: the next start goes on from there
 */
export async function startTaskFrom(
  controls: TaskControls,
  task: TaskEntry,
  from: Date,
  remainingMs: () => number,
): Promise<void> {
  const { entries, sources } = controls;
  const settings = provisioned(task);
  // Noted first: a start that comes between the mapping's end and the next one must not begin anywhere else.
  await entries.note(task.name, { startFrom: from.toISOString() });
  if (task.eventSource !== undefined) {
    await sources.remove(task.eventSource, remainingMs);
    await entries.note(task.name, { eventSource: undefined });
  }
  await connect(controls, task.name, settings, from);
}

/** Stops a task. What arrives meanwhile stays in its topic, and is written after the next start if its retention lasts. */
export async function stopTask({ entries, sources }: TaskControls, task: TaskEntry): Promise<void> {
  // Noted first: a task that is stopped and not noted would look dead, the other way round it only looks stopped.
  await entries.note(task.name, { wanted: 'stopped' });
  const source = task.eventSource === undefined ? undefined : await sources.find(task.eventSource);
  if (source?.enabled) {
    await sources.setEnabled(source.id, false);
  }
}

/** Makes the mapping of a task and notes its id. @param from where it begins: a time or `oldest`; without it, where the settings say */
export async function connect(
  { entries, sources, now }: TaskControls,
  name: string,
  settings: EventSourceSettings,
  from?: string | Date,
): Promise<void> {
  const connectedAt = now();
  const usual = settings.startingPosition === 'earliest' ? 'oldest' : connectedAt;
  const kafka =
    settings.kafka && (await feedOf(entries, name, settings.kafka, from === undefined ? undefined : connectedAt));
  const functionArn = epochArn(settings.functionArn, (await entries.find(name))?.epoch);
  const eventSource = await sources.create(
    { ...settings, functionArn, ...(kafka && { kafka }) },
    placeOf(from) ?? usual,
  );
  await entries.note(name, {
    eventSource,
    startFrom: undefined,
    ...(kafka && { group: kafka.group }),
    connectedAt: connectedAt.toISOString(),
    wanted: 'started',
  });
}

/** A consumer group goes on where it was, whatever its new mapping says: who is set back gets another one, and keeps it. */
async function feedOf(
  entries: TaskEntries,
  name: string,
  feed: KafkaFeed,
  setBackAt: Date | undefined,
): Promise<KafkaFeed> {
  const group =
    setBackAt === undefined
      ? ((await entries.find(name))?.group ?? feed.group)
      : groupAfterReset(feed.group, setBackAt.getTime());

  return { ...feed, group };
}

function placeOf(from: string | Date | undefined): Date | 'oldest' | undefined {
  return from === undefined || from === 'oldest' ? from : new Date(from);
}

export function provisioned({ name, settings }: TaskEntry): EventSourceSettings {
  if (settings === undefined) {
    throw new Refusal('CAUSEWAY.0412', {
      message: `The task ${name} is not deployed completely: deploy its stack again.`,
    });
  }

  return settings;
}
