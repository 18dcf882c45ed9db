import { Refusal } from '../errors.ts';
import type { TaskEntries, TaskEntry } from './task-entry.ts';

/** What a scheduled task's function is called with. */
export type RunEvent =
  /** By its schedule. `due`: ISO 8601. */
  | { readonly due: string }
  /** It was started, and follows its source: at once, not with the next minute. ISO 8601. */
  | { readonly started: string }
  /** Asked for by somebody, whose name is for the log. `asked`: when, ISO 8601. */
  | { readonly once: string; readonly asked?: string }
  /** Another task has ended. `ended`: when, ISO 8601. */
  | { readonly after: string; readonly ended?: string }
  /** A run waited for the end of the one before. `due`: ISO 8601. */
  | { readonly waited: string }
  /** A run goes on in another invocation. `since`: when it began, ISO 8601. */
  | { readonly resume: string; readonly since: string };

export interface ScheduleStart {
  readonly entries: Pick<TaskEntries, 'note'>;
  readonly tell: (functionArn: string, event: RunEvent) => Promise<void>;
  readonly now: () => Date;
}

export function isScheduled(task: Pick<TaskEntry, 'mode'>): boolean {
  return task.mode === 'scheduled';
}

/** A scheduled task is started and stopped in the catalogue: its schedule calls on, and its function looks. */
export function scheduleState({ wanted }: Pick<TaskEntry, 'wanted'>): 'started' | 'stopped' {
  return wanted ?? 'stopped';
}

/** What follows its source does so from now on; others wait for the time they are due. @param tell hands its function an event */
export async function startSchedule(
  { entries, tell, now }: ScheduleStart,
  { name, follows = false, functionArn }: TaskEntry,
): Promise<void> {
  await entries.note(name, { wanted: 'started' });
  if (follows && functionArn !== undefined) {
    await tell(functionArn, { started: now().toISOString() });
  }
}

/** What runs ends after its page, and goes on from there after the next start. */
export async function stopSchedule(entries: Pick<TaskEntries, 'note'>, { name }: TaskEntry, now: Date): Promise<void> {
  await entries.note(name, { wanted: 'stopped', stoppedAt: now.toISOString() });
}

/** The function that runs a task. @throws Refusal for a task that works as messages come */
export function runnerOf({ name, mode, functionArn }: TaskEntry): string {
  if (mode !== 'scheduled' || functionArn === undefined) {
    throw new Refusal('CAUSEWAY.0412', {
      message: `${name} is no scheduled task: it works as messages come. "causeway task start ${name}" starts it.`,
    });
  }

  return functionArn;
}

/** Whether a run that began then is to end: it was stopped since. */
export function isStoppedSince({ stoppedAt, wanted }: Pick<TaskEntry, 'stoppedAt' | 'wanted'>, begun: Date): boolean {
  return wanted === 'stopped' && stoppedAt !== undefined && new Date(stoppedAt) > begun;
}
