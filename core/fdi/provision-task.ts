import { InvalidSetting, Refusal } from '../errors.ts';
import { COLUMNS_SQL, columnsFrom, UNIQUE_KEYS_SQL, uniqueKeysFrom } from './column.ts';
import { connect, type TaskControls } from './control-task.ts';
import type { EventSourceSettings } from './event-source.ts';
import { mapColumns } from './mapping.ts';
import { readOnFrom } from './read-on.ts';
import type { TaskDatabase } from './shard-writer.ts';
import { textParameter } from './statement.ts';
import type { TaskEntry } from './task-entry.ts';
import type { TopicReader } from './topic-reader.ts';
import { checkTopicTask, type TopicTask } from './topic-task.ts';

const HANDLED_SQL =
  'SELECT COALESCE(SUM(Written + Quarantined), 0) AS handled FROM causeway.position WHERE Task = :task';

/** What makes a mapping another one. */
const ROAD = ['functionArn', 'streamArn', 'consumerArn'] as const;

/** A task as its stack asks for it. */
export interface TaskRequest {
  readonly task: TopicTask;
  readonly settings: EventSourceSettings;
  readonly parallelizationFactor: number;
  /** Whether it runs from its creation on; of no meaning afterwards. */
  readonly started: boolean;
}

export interface TaskProvisioning extends TaskControls {
  readonly database: Pick<TaskDatabase, 'execute'>;
  readonly topics: Pick<TopicReader, 'shards' | 'pages'>;
}

/** Checks a new task against its table; connects it to its topic if it is to run at once. */
export async function createTask(provisioning: TaskProvisioning, request: TaskRequest): Promise<void> {
  await checkTask(provisioning.database, request);
  const { task, settings, started } = request;
  await provisioning.entries.note(task.name, { settings });
  if (started) {
    await connect(provisioning, task.name, settings);
  }
}

/** Brings a task to what its stack asks for now; whether it runs stays as it was set at run time. */
export async function updateTask(
  provisioning: TaskProvisioning,
  request: TaskRequest,
  remainingMs: () => number,
): Promise<void> {
  const { entries, sources } = provisioning;
  const { task, settings } = request;
  await checkTask(provisioning.database, request);
  const before = await entries.find(task.name);
  await entries.note(task.name, { settings });
  const source = before?.eventSource === undefined ? undefined : await sources.find(before.eventSource);
  if (source === undefined) {
    return;
  }
  if (isSameRoad(before?.settings, settings)) {
    await sources.update(source.id, settings, before?.settings);
    return;
  }
  // A mapping cannot move to another stream, consumer or function. In another topic the new one reads all there is.
  const moved = before?.settings?.streamArn !== settings.streamArn;
  const startFrom = moved || before === undefined ? undefined : earlier(before, await readOnFrom(provisioning, before));
  // Noted first: a start that comes between the mapping's end and the next one must not begin anywhere else.
  await entries.note(task.name, { startFrom });
  await sources.remove(source.id, remainingMs);
  const handledBefore = moved ? await handledOf(provisioning.database, task.name) : before?.handledBefore;
  await entries.note(task.name, { eventSource: undefined, handledBefore });
  if (source.enabled) {
    await connect(provisioning, task.name, { ...settings, startingPosition: 'earliest' }, startFrom);
  }
}

/** Disconnects a task from its topic. Its rows, positions and quarantine stay. */
export async function deleteTask(
  { entries, sources }: TaskControls,
  name: string,
  remainingMs: () => number,
): Promise<void> {
  const task = await entries.find(name);
  if (task?.eventSource === undefined) {
    return;
  }
  await sources.remove(task.eventSource, remainingMs);
  await entries.note(name, { eventSource: undefined });
}

/** @throws InvalidSetting, or Refusal when the database does not answer */
export async function checkTask(database: Pick<TaskDatabase, 'execute'>, request: TaskRequest): Promise<void> {
  const { task, parallelizationFactor } = request;
  checkTopicTask(task, task.name);
  if (parallelizationFactor !== 1) {
    throw new InvalidSetting(
      `${task.name}: parallelization factor`,
      parallelizationFactor,
      '1: positions are kept per shard, so more lanes would lose records; one lane writes far more than the 1,000 records/s a shard takes',
    );
  }
  const parameters = [textParameter('table', task.target.table)];
  const [columns, keys] = await Promise.all([
    asked(task.name, database.execute(COLUMNS_SQL, parameters, { json: true })),
    asked(task.name, database.execute(UNIQUE_KEYS_SQL, parameters, { json: true })),
  ]);
  mapColumns(task, { columns: columnsFrom(columns.rows), uniqueKeys: uniqueKeysFrom(keys.rows) }, task.name);
}

/** What it has written and quarantined so far; exact once nothing feeds it any more. */
async function handledOf(database: Pick<TaskDatabase, 'execute'>, task: string): Promise<number> {
  const { rows } = await asked(task, database.execute(HANDLED_SQL, [textParameter('task', task)], { json: true }));

  return Number(rows[0]?.['handled'] ?? 0);
}

async function asked<Answer>(task: string, answer: Promise<Answer>): Promise<Answer> {
  try {
    return await answer;
  } catch (cause) {
    const reason = cause instanceof Error ? `${cause.name}: ${cause.message}` : String(cause);
    throw new Refusal('CAUSEWAY.0412', {
      message: `The task ${task} cannot be checked against its table, because the database does not answer (${reason}). Deploy again when it does.`,
      cause,
    });
  }
}

function isSameRoad(before: EventSourceSettings | undefined, after: EventSourceSettings): boolean {
  return before === undefined || ROAD.every((part) => before[part] === after[part]);
}

/** ISO 8601. It may have been asked before to begin earlier, and not come to it. */
function earlier({ startFrom }: TaskEntry, from: Date): string {
  const text = from.toISOString();

  return startFrom !== undefined && startFrom < text ? startFrom : text;
}
