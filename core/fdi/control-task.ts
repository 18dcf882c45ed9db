import { Refusal } from '../errors.ts';
import type { EventSourceSettings, EventSources } from './event-source.ts';
import type { TaskEntries, TaskEntry } from './task-entry.ts';

export interface TaskControls {
  readonly entries: TaskEntries;
  readonly sources: EventSources;
  readonly now: () => Date;
}

/** A task's state; a change Lambda is still making counts as made. */
export type TaskState = 'started' | 'stopped';

export async function taskState(sources: EventSources, task: TaskEntry): Promise<TaskState> {
  const source = task.eventSource === undefined ? undefined : await sources.find(task.eventSource);

  return source?.enabled ? 'started' : 'stopped';
}

/** Starts a task. It reads on where it stopped; the first time where its settings say. */
export async function startTask(controls: TaskControls, task: TaskEntry): Promise<void> {
  const { sources } = controls;
  const source = task.eventSource === undefined ? undefined : await sources.find(task.eventSource);
  if (source === undefined) {
    await connect(controls, task.name, provisioned(task));
    return;
  }
  if (!source.enabled) {
    await sources.setEnabled(source.id, true);
  }
}

/** Stops a task. What arrives meanwhile stays in its topic, and is written after the next start if its retention lasts. */
export async function stopTask({ sources }: TaskControls, task: TaskEntry): Promise<void> {
  const source = task.eventSource === undefined ? undefined : await sources.find(task.eventSource);
  if (source?.enabled) {
    await sources.setEnabled(source.id, false);
  }
}

/** Makes the mapping of a task and notes its id. */
export async function connect(
  { entries, sources, now }: TaskControls,
  name: string,
  settings: EventSourceSettings,
): Promise<void> {
  const eventSource = await sources.create(settings, settings.startingPosition === 'earliest' ? 'oldest' : now());
  await entries.note(name, { eventSource });
}

function provisioned({ name, settings }: TaskEntry): EventSourceSettings {
  if (settings === undefined) {
    throw new Refusal('CAUSEWAY.0412', {
      message: `The task ${name} is not deployed completely: deploy its stack again.`,
    });
  }

  return settings;
}
