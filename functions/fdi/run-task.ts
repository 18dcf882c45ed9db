import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { CloudFormationCustomResourceEvent, Context } from 'aws-lambda';
import { InvalidSetting } from '../../core/errors.ts';
import type { RunEvent } from '../../core/fdi/run-control.ts';
import { checkScheduledTask, type ScheduledTask } from '../../core/fdi/run-definition.ts';
import { isUndone } from '../../core/fdi/run-destination.ts';
import { runId } from '../../core/fdi/run-id.ts';
import { imageTablesOf } from '../../core/fdi/run-images.ts';
import { runQuarantine } from '../../core/fdi/run-quarantine.ts';
import { type RunSession, statement } from '../../core/fdi/run-session.ts';
import { quarantineName } from '../../core/fdi/run-source.ts';
import { maskedFields } from '../../core/fdi/run-topic-target.ts';
import { type RunOutcome, type RunWork, workOn } from '../../core/fdi/run-work.ts';
import type { SideQuestion, SideReply } from '../../core/fdi/task-source.ts';
import { tellFunction } from '../shared/ask-function.ts';
import { booleanProperty, customResource } from '../shared/custom-resource.ts';
import { readDefinitions } from '../shared/definitions.ts';
import { environment } from '../shared/environment.ts';
import { logger } from '../shared/logger.ts';
import { isReplay, type ReplayQuestion, type ReplayReply } from '../shared/replay-consumer.ts';
import {
  isRollback,
  type RollbackQuestion,
  type RollbackReply,
  rollbackConsumer,
} from '../shared/rollback-consumer.ts';
import { documentRollback } from '../shared/runs/document-rollback.ts';
import { located } from '../shared/runs/located.ts';
import { platformSessions } from '../shared/runs/platform-session.ts';
import { readerOf } from '../shared/runs/readers.ts';
import {
  isRecordTrial,
  type RecordTrialQuestion,
  type RecordTrialReply,
  recordTrial,
} from '../shared/runs/record-trial.ts';
import { sourceDatabase, targetDatabase } from '../shared/runs/run-databases.ts';
import { runReplay } from '../shared/runs/run-replay.ts';
import { targetOf } from '../shared/runs/targets.ts';
import { scheduledSides } from '../shared/runs/test-sides.ts';
import { isSideTest, testSide } from '../shared/side-test.ts';
import { taskEntries } from '../shared/task-entries.ts';

/** As CloudFormation sends them: booleans have become text. */
export interface ScheduledTaskProperties {
  readonly Task: string;
  readonly Started: string | boolean;
  /** Changes with the definition, so that it is checked again. */
  readonly Hash: string;
}

const task = located(readDefinitions<ScheduledTask>());
const entries = taskEntries();
let logSession: Promise<RunSession> | undefined;

/** Runs a scheduled task; as a custom resource, checks it against its tables. */
export const handler = (
  event:
    | RunEvent
    | CloudFormationCustomResourceEvent
    | RecordTrialQuestion
    | RollbackQuestion
    | ReplayQuestion
    | SideQuestion,
  context: Pick<Context, 'getRemainingTimeInMillis' | 'invokedFunctionArn'>,
): Promise<RunOutcome | RecordTrialReply | RollbackReply | ReplayReply | SideReply | undefined> => {
  if ('RequestType' in event) {
    return resource(event, context).then(() => undefined);
  }
  if (isSideTest(event)) {
    return testSide(scheduledSides(task), event, context.getRemainingTimeInMillis());
  }

  if (isRecordTrial(event)) {
    return recordTrial(task, event);
  }
  if (isReplay(event)) {
    return runReplay(task, event, { run: runId(new Date(), random()), context });
  }

  return isRollback(event) ? undo(event, context) : workOn(workIn(context), event);
};

const resource = customResource<ScheduledTaskProperties>({
  async create({ properties }) {
    await checkTables();
    await entries.note(properties.Task, {
      wanted: booleanProperty('Started', properties.Started) ? 'started' : 'stopped',
    });

    return {};
  },
  async update() {
    await checkTables();

    return {};
  },
  // Its place stays: a task of its name and source goes on.
  async delete() {},
});

/**
 * Refuses by name what the tables cannot take. A database that cannot be reached now is none of the deployment's business: the first run says
 * what is wrong with it.
 */
async function checkTables(): Promise<void> {
  checkScheduledTask(task, task.name);
  const [reader, target] = await Promise.all([readerOf(task), targetOf(task)]);
  try {
    const fields = await reader.fields();
    await (fields === undefined ? undefined : target.plan(fields));
  } catch (error) {
    if (error instanceof InvalidSetting) {
      throw error;
    }
    logger.warn('the task cannot be checked against its tables now', { task: task.name, error });
  } finally {
    await Promise.all([reader.close(), target.close()]);
  }
}

function workIn(context: Pick<Context, 'getRemainingTimeInMillis' | 'invokedFunctionArn'>): RunWork<unknown> {
  return {
    task,
    entry: () => entries.find(task.name),
    reader: () => readerOf(task),
    target: () => targetOf(task),
    quarantine: runQuarantine(platform, task.name, quarantineName(task.source), maskedFields(task)),
    logSession: platform,
    onSource,
    tell: tellFunction,
    ownArn: context.invokedFunctionArn,
    functionOf: (name) => (JSON.parse(environment('AFTER_TASKS')) as Readonly<Record<string, string>>)[name] ?? '',
    logger,
    now: () => new Date(),
    random,
    pause: (ms) => delay(ms),
    remainingMs: () => context.getRemainingTimeInMillis(),
  };
}

async function undo(
  question: RollbackQuestion,
  context: Pick<Context, 'getRemainingTimeInMillis'>,
): Promise<RollbackReply> {
  const { name, target } = task;
  if (!isUndone(target)) {
    return {
      refusal: { code: 'CAUSEWAY.0412', message: `Batches of ${name} cannot be undone: nothing of them is kept.` },
    };
  }
  if (target.kind === 'mongodb') {
    return documentRollback({ task: name, target })(question, context);
  }
  const { dialect, open } = await targetDatabase(target.place, name, 'rollback');
  const rollback = rollbackConsumer({ task: name, target, tables: imageTablesOf(target.place), dialect, open });

  return rollback(question, context);
}

function random(): string {
  return randomBytes(2).toString('hex');
}

/** The platform's database, for the log and the quarantine; it has no state of its own. */
function platform(): Promise<RunSession> {
  logSession ??= platformSessions(undefined)();

  return logSession;
}

async function onSource(sql: string): Promise<void> {
  const { source } = task;
  if (source.kind !== 'database') {
    throw new InvalidSetting(`${task.name}: after.on`, 'source', '`target`: only databases take SQL');
  }
  const { open } = await sourceDatabase(source.place);
  const session = await open();
  try {
    await session.change(statement(sql));
  } finally {
    await session.close();
  }
}
