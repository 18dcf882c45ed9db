import { boolean, exactOptional, object, optional, strictObject, string } from 'zod/mini';
import { InvalidSetting, Refusal } from '../../core/errors.ts';
import { startTask, startTaskFrom, stopTask, type TaskControls, taskState } from '../../core/fdi/control-task.ts';
import { type ProofPorts, proveSources } from '../../core/fdi/prove-sources.ts';
import {
  isScheduled,
  type ScheduleStart,
  scheduleState,
  startSchedule,
  stopSchedule,
} from '../../core/fdi/run-control.ts';
import type { TaskDatabase } from '../../core/fdi/shard-writer.ts';
import type { TaskEntry } from '../../core/fdi/task-entry.ts';
import { latencyReport, type TaskReport, taskReports } from '../../core/fdi/task-report.ts';
import { tellFunction } from '../shared/ask-function.ts';
import { database } from '../shared/database.ts';
import { eventSources } from '../shared/event-sources.ts';
import { logger } from '../shared/logger.ts';
import { managementHandler, ok, pageOf, pageQuery, route } from '../shared/management-chain.ts';
import { sourceProofs } from '../shared/source-proofs.ts';
import { type CatalogItem, catalogTable } from '../shared/tables.ts';
import { taskEntries, taskEntry } from '../shared/task-entries.ts';

const MAX_EPOCH_MS = 8.64e15;
/** API Gateway waits 29 s for an answer. */
const ANSWER_MS = 24_000;

/** What the routes use; each is asked for when a call comes, so that a missing one fails that call only. */
export interface TaskManagement {
  readonly controls: TaskControls;
  readonly database: Pick<TaskDatabase, 'execute'>;
  readonly tell: ScheduleStart['tell'];
  readonly proofs: ProofPorts;
  readonly list: (options: { limit: number; next?: string }) => Promise<{ items: CatalogItem[]; next?: string }>;
}

/** Management API: tasks. */
export const handler = taskManagement(awsManagement);

export function taskManagement(management: () => TaskManagement) {
  return managementHandler([
    route({
      method: 'GET',
      path: '/tasks',
      query: object(pageQuery),
      async handler({ query }) {
        const { list, ...rest } = management();
        const { items, next } = await list(pageOf(query));
        const reports = await reportsOf(rest, items.map(taskEntry));

        return ok(next === undefined ? { items: reports } : { items: reports, next });
      },
    }),
    route({
      method: 'GET',
      path: '/tasks/{task}',
      async handler({ path }) {
        const { controls, database: source } = management();
        const [report] = await reportsOf({ controls, database: source }, [await found(controls, path['task'])]);

        return ok(report);
      },
    }),
    route({
      method: 'GET',
      path: '/tasks/{task}/latency',
      query: object({ since: optional(string()), until: optional(string()) }),
      async handler({ path, query }) {
        const { controls, database: source } = management();
        const task = await found(controls, path['task']);
        const since = timeOf('since', query.since, 0);
        const until = timeOf('until', query.until, controls.now().getTime() + 1);

        return ok(await answered(latencyReport(source, task, since, until)));
      },
    }),
    route({
      method: 'POST',
      path: '/tasks/{task}/start',
      body: strictObject({ from: exactOptional(string()), force: exactOptional(boolean()) }),
      async handler({ path, body: { from, force = false }, caller, requestId }) {
        const { controls, tell, proofs } = management();
        const task = await found(controls, path['task']);
        const since = from === undefined ? undefined : startOf(task, from, controls.now());
        if (force) {
          logger.warn('started without a test of its source and target', { task: task.name, caller, requestId });
        } else {
          await proveSources(proofs, task.name, 'start');
        }
        if (isScheduled(task)) {
          await startSchedule({ ...controls, tell }, task);

          return ok({ name: task.name, state: 'started' });
        }
        await (since === undefined ? startTask(controls, task) : startTaskFrom(controls, task, since, timeLeft()));

        return ok({ name: task.name, state: 'started' });
      },
    }),
    route({
      method: 'POST',
      path: '/tasks/{task}/stop',
      async handler({ path }) {
        const { controls } = management();
        const task = await found(controls, path['task']);
        await (isScheduled(task) ? stopSchedule(controls.entries, task, controls.now()) : stopTask(controls, task));

        return ok({ name: task.name, state: 'stopped' });
      },
    }),
  ]);
}

async function reportsOf(
  { controls, database: source }: Pick<TaskManagement, 'controls' | 'database'>,
  tasks: readonly TaskEntry[],
): Promise<TaskReport[]> {
  const states = await Promise.all(
    tasks.map(async (task) => ({
      task,
      state: isScheduled(task) ? scheduleState(task) : await taskState(controls.sources, task),
    })),
  );

  return answered(taskReports(source, states));
}

async function found(controls: TaskControls, name = ''): Promise<TaskEntry> {
  const task = await controls.entries.find(name);
  if (task === undefined) {
    throw new Refusal('CAUSEWAY.0404', { message: `There is no task ${JSON.stringify(name)}.` });
  }

  return task;
}

/** A scheduled task reads its source by what it holds, and not by when that came. */
function startOf(task: TaskEntry, from: string, now: Date): Date {
  if (isScheduled(task)) {
    const allowed = `nothing: ${task.name} is a scheduled task, which goes on from what it has read`;
    throw new InvalidSetting('from', from, allowed);
  }

  return pastTime(from, now);
}

/** A database that is away or resuming is no fault of the call, nor of ours. */
async function answered<Answer>(answer: Promise<Answer>): Promise<Answer> {
  try {
    return await answer;
  } catch (cause) {
    if (cause instanceof Refusal) {
      throw cause;
    }
    throw new Refusal('APIC.0202', { message: 'The database does not answer; try again in some seconds.', cause });
  }
}

function timeOf(name: string, value: string | undefined, missing: number): number {
  const time = value === undefined ? missing : Number(value);
  if (!Number.isInteger(time) || time < 0 || time > MAX_EPOCH_MS) {
    throw new InvalidSetting(name, value, 'milliseconds since 1970');
  }

  return time;
}

/** @throws InvalidSetting for anything but a moment that is over */
function pastTime(text: string, now: Date): Date {
  const time = new Date(text);
  if (!/^\d{4}-\d{2}-\d{2}T/.test(text) || !(time <= now)) {
    throw new InvalidSetting('from', text, `a time not after ${now.toISOString()}, such as 2026-11-24T08:00:00Z`);
  }

  return time;
}

function timeLeft(): () => number {
  const end = performance.now() + ANSWER_MS;

  return () => end - performance.now();
}

function awsManagement(): TaskManagement {
  const catalog = catalogTable();

  return {
    controls: { entries: taskEntries(), sources: eventSources(), now: () => new Date() },
    database: database(),
    tell: tellFunction,
    proofs: sourceProofs(),
    list: (options) => catalog.query({ kind: 'task' }, options),
  };
}
