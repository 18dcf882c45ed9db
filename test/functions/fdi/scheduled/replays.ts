import { type ReplayRejectedRequest, replayHeld } from '../../../../core/fdi/replay-held.ts';
import { tableReplay } from '../../../../core/fdi/replay-run.ts';
import { databaseReader } from '../../../../core/fdi/run-database-reader.ts';
import { databaseTarget } from '../../../../core/fdi/run-database-target.ts';
import type { ScheduledTask } from '../../../../core/fdi/run-definition.ts';
import type { DatabaseTarget } from '../../../../core/fdi/run-destination.ts';
import { runTask } from '../../../../core/fdi/run-loop.ts';
import type { SourceField } from '../../../../core/fdi/run-ports.ts';
import { runQuarantine } from '../../../../core/fdi/run-quarantine.ts';
import type { OpenSession } from '../../../../core/fdi/run-session.ts';
import type { DatabaseSource } from '../../../../core/fdi/run-source.ts';
import type { TaskDatabase } from '../../../../core/fdi/shard-writer.ts';
import { database } from '../../../../functions/shared/database.ts';
import { platformSessions } from '../../../../functions/shared/runs/platform-session.ts';
import type { Side } from './databases.ts';

export const RUN = '20261124T080000000Z-0001';
const FIELDS: readonly SourceField[] = [
  { name: 'Id', type: 'integer', path: ['Id'] },
  { name: 'Name', type: 'string', path: ['Name'] },
];

/** A run of the task whose quarantine is the platform's own. */
export async function run(task: ScheduledTask, source: Side, target: Side, id = RUN) {
  const reader = databaseReader({
    ...{ source: task.source as DatabaseSource, pageSize: task.pageSize, where: task.name },
    ...source,
  });
  const written = databaseTarget({ task, target: task.target as DatabaseTarget, ...target });
  const report = await runTask({
    ...{ reader, target: written, quarantine: runQuarantine(platformSessions(undefined), task.name, 'source') },
    observer: { claimed: async () => undefined, moved: async () => undefined },
    ...{ claim: { id }, remainingMs: () => 900_000, isStopped: async () => false, pause: async () => undefined },
    now: () => performance.now(),
  });
  await Promise.all([reader.close(), written.close()]);

  return report.counts;
}

export interface Replaying {
  readonly task: ScheduledTask;
  readonly side: Side;
  readonly platform?: TaskDatabase;
  readonly session?: OpenSession;
  readonly request?: ReplayRejectedRequest;
}

/** A call of its own, as the task's function answers one. */
export async function replay({
  task,
  side,
  platform = database(),
  session = platformSessions(task.name, database, 'replay'),
  request = {},
}: Replaying) {
  let opened: ReturnType<OpenSession> | undefined;
  const open = () => {
    opened ??= session();

    return opened;
  };
  const { way, close } = await tableReplay({
    ...{ task, target: task.target as DatabaseTarget, fields: FIELDS, platform: open, ...side },
    ...{ run: '20261124T090000000Z-0002', pause: async () => undefined, random: () => 0.5 },
  });
  try {
    return await replayHeld(platform, way, request);
  } finally {
    await close();
  }
}
