import { setTimeout as delay } from 'node:timers/promises';
import { Refusal } from '../../../core/errors.ts';
import { documentReplay } from '../../../core/fdi/replay-documents.ts';
import { type ReplayRejectedAnswer, type ReplayRejectedRequest, replayHeld } from '../../../core/fdi/replay-held.ts';
import { outletRunReplay, type RunReplaying, tableReplay } from '../../../core/fdi/replay-run.ts';
import type { ScheduledTask } from '../../../core/fdi/run-definition.ts';
import type { SourceField } from '../../../core/fdi/run-ports.ts';
import type { RunSession } from '../../../core/fdi/run-session.ts';
import type { InvocationContext } from '../batch-consumer.ts';
import { database } from '../database.ts';
import { logReplayed, type ReplayQuestion, type ReplayReply, replayRequest } from '../replay-consumer.ts';
import { replayBudget, replayFault } from '../replay-elsewhere.ts';
import { platformSessions } from './platform-session.ts';
import { readerOf } from './readers.ts';
import { targetDatabase } from './run-databases.ts';
import { runMongo } from './run-mongo.ts';
import { runOutlet } from './targets.ts';

export interface RunReplayPorts extends Pick<RunReplaying, 'run'> {
  readonly context: Pick<InvocationContext, 'getRemainingTimeInMillis'>;
}

/** Replays records of a scheduled task's quarantine, in the place that knows how they become what is written. */
export async function runReplay(
  task: ScheduledTask,
  question: ReplayQuestion,
  ports: RunReplayPorts,
): Promise<ReplayReply> {
  try {
    const answer = await replayed(task, await fieldsOf(task), replayRequest(question), ports);

    return { answer: logReplayed(task.name, answer) };
  } catch (error) {
    return replayFault(error);
  }
}

async function fieldsOf(task: ScheduledTask): Promise<readonly SourceField[]> {
  const reader = await readerOf(task);
  try {
    const fields = await reader.fields();
    if (fields === undefined) {
      throw new Refusal('CAUSEWAY.0412', {
        message: `Nothing says what the records of ${task.name} hold: its source has none now. Declare its fields, or wait until it has one.`,
      });
    }

    return fields;
  } finally {
    await reader.close();
  }
}

async function replayed(
  task: ScheduledTask,
  fields: readonly SourceField[],
  request: ReplayRejectedRequest,
  { run, context }: RunReplayPorts,
): Promise<ReplayRejectedAnswer> {
  const { target } = task;
  const opening = platformSessions(task.name, database, 'replay');
  let opened: Promise<RunSession> | undefined;
  const platform = () => {
    opened ??= opening();

    return opened;
  };
  const replaying = { task, fields, platform, run, pause: (ms: number) => delay(ms), random: Math.random };
  if (target.kind === 'mongodb') {
    const { way, close } = await documentReplay({ ...replaying, target, open: runMongo('TARGET') });
    try {
      return await replayHeld(database(), way, request);
    } finally {
      await close();
    }
  }
  if (target.kind !== 'database') {
    const outlet = await runOutlet(task, target);
    const way = outletRunReplay({ ...replaying, target, outlet, isOver: replayBudget(context) });
    try {
      return await replayHeld(database(), way, request);
    } finally {
      await outlet.close();
    }
  }
  const { dialect, open } = await targetDatabase(target.place, task.name, 'replay');
  const { way, close } = await tableReplay({ ...replaying, target, dialect, open });
  try {
    return await replayHeld(database(), way, request);
  } finally {
    await close();
  }
}
