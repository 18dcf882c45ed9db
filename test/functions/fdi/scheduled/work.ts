import { databaseReader } from '../../../../core/fdi/run-database-reader.ts';
import { databaseTarget } from '../../../../core/fdi/run-database-target.ts';
import type { ScheduledTask } from '../../../../core/fdi/run-definition.ts';
import { listRuns } from '../../../../core/fdi/run-log.ts';
import { runQuarantine } from '../../../../core/fdi/run-quarantine.ts';
import { statement } from '../../../../core/fdi/run-session.ts';
import { type RunWork, workOn } from '../../../../core/fdi/run-work.ts';
import type { TaskEntry } from '../../../../core/fdi/task-entry.ts';
import { platformSessions } from '../../../../functions/shared/runs/platform-session.ts';
import type { Side } from './databases.ts';

/** A task's function without Lambda: its clock stands still but for its pauses, and what it tells others is kept. */
export interface WorkWorld {
  readonly work: RunWork<unknown>;
  /** What was handed to functions, in order. */
  readonly told: readonly { readonly to: string; readonly event: unknown }[];
  /** Lines of its log, by message. */
  readonly lines: readonly string[];
  /** Changes the task's entry in the catalogue. */
  note(fields: Partial<TaskEntry>): void;
  /** Calls it now. */
  call(event: Parameters<typeof workOn>[1]): ReturnType<typeof workOn>;
  /** Called before each pause; what happens meanwhile. */
  onPause(act: (ms: number) => Promise<void>): void;
  now(): Date;
  /** The log of runs, the newest first. */
  runs(): ReturnType<typeof listRuns>;
}

const BEGIN = Date.parse('2026-11-24T08:00:00.000Z');

export function workWorld({
  task,
  source,
  target,
  remainingMs = () => 900_000,
}: {
  readonly task: ScheduledTask;
  readonly source: Side;
  readonly target: Side;
  readonly remainingMs?: () => number;
}): WorkWorld {
  let entry: TaskEntry = {
    name: task.name,
    app: 'app',
    topic: '',
    table: 'target',
    mode: 'scheduled',
    wanted: 'started',
  };
  let at = BEGIN;
  let random = 0;
  let pausing = async (_ms: number) => undefined as unknown;
  const told: { to: string; event: unknown }[] = [];
  const lines: string[] = [];
  const line = (message: string) => void lines.push(message);
  const session = platformSessions(undefined);
  const work: RunWork<unknown> = {
    task,
    entry: async () => entry,
    reader: async () =>
      databaseReader({
        source: task.source as Parameters<typeof databaseReader>[0]['source'],
        dialect: source.dialect,
        open: source.open,
        pageSize: task.pageSize,
        where: task.name,
      }),
    target: async () =>
      databaseTarget({
        task,
        target: task.target as Parameters<typeof databaseTarget>[0]['target'],
        dialect: target.dialect,
        open: target.open,
      }),
    quarantine: runQuarantine(session, task.name, 'source'),
    logSession: session,
    async onSource(sql) {
      const open = await source.open();
      await open.change(statement(sql));
      await open.close();
    },
    tell: async (to, event) => void told.push({ to, event }),
    ownArn: 'arn:own',
    functionOf: (name) => `arn:${name}`,
    logger: { info: line, warn: line, error: line },
    now: () => new Date(at),
    random() {
      random += 1;

      return String(random).padStart(4, '0');
    },
    pause: async (ms) => {
      await pausing(ms);
      at += ms;
    },
    remainingMs,
  };

  return {
    work,
    told,
    lines,
    note: (fields) => {
      entry = { ...entry, ...fields };
    },
    call: (event) => workOn(work, event),
    onPause: (act) => {
      pausing = act;
    },
    now: () => new Date(at),
    runs: async () => listRuns(await session(), task.name, 20),
  };
}
