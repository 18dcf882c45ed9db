import { InvalidSetting, Refusal } from '../errors.ts';
import { COLUMNS_SQL, columnsFrom, UNIQUE_KEYS_SQL, uniqueKeysFrom } from './column.ts';
import { connect, type TaskControls } from './control-task.ts';
import { epochOf } from './epoch.ts';
import type { EventSource, EventSourceSettings } from './event-source.ts';
import { checkRealtimeTask, goesElsewhere, type RealtimeDefinition } from './feed-task.ts';
import { isSameFeed } from './kafka-feed.ts';
import { mapColumns } from './mapping.ts';
import { openLanes } from './open-lanes.ts';
import { readOnFrom } from './read-on.ts';
import type { TaskDatabase } from './shard-writer.ts';
import { longParameter, textParameter } from './statement.ts';
import { streamName } from './stream-name.ts';
import type { TaskEntry } from './task-entry.ts';
import type { TopicReader } from './topic-reader.ts';

/** Whether it has positions that say something, and the stream its account was last kept of. */
const HISTORY_SQL = `SELECT COALESCE(SUM(Seq <> ''), 0) AS positions,
  (SELECT Stream FROM causeway.ledger WHERE Task = :task AND Epoch = :epoch) AS stream
FROM causeway.position WHERE Task = :task AND Epoch = :epoch`;

/** What makes a mapping another one, beside its stream. */
const ROAD = ['functionArn', 'consumerArn'] as const;

/** A task as its stack asks for it. */
export interface TaskRequest {
  readonly task: RealtimeDefinition;
  readonly settings: EventSourceSettings;
  /** Whether it runs from its creation on; of no meaning afterwards. */
  readonly started: boolean;
}

export interface TaskProvisioning extends TaskControls {
  readonly database: Pick<TaskDatabase, 'execute'>;
  readonly topics: Pick<TopicReader, 'shards' | 'pages'>;
}

/** Checks a new task against its table; connects it to its topic if it is to run at once. */
export async function createTask(provisioning: TaskProvisioning, request: TaskRequest): Promise<void> {
  const { database } = provisioning;
  await checkTask(database, request);
  const { task, settings, started } = request;
  await checkStream(database, request, undefined);
  await provisioning.entries.note(task.name, { settings });
  await laned(provisioning, request);
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
  await checkStream(provisioning.database, request, before);
  await entries.note(task.name, { settings });
  await laned(provisioning, request);
  const source = before?.eventSource === undefined ? undefined : await sources.find(before.eventSource);
  if (source === undefined) {
    return;
  }
  if (isSameRoad(before?.settings, settings)) {
    await sources.update(source.id, settings, before?.settings);
    return;
  }
  if (before?.epoch !== undefined) {
    // The function may be another one.
    await sources.addEpoch(settings.functionArn, before.epoch);
  }
  if (settings.kafka !== undefined) {
    await replaceKafka(provisioning, request, source, remainingMs);
    return;
  }
  // A mapping cannot move to another consumer or function.
  const startFrom =
    before === undefined ? undefined : earlier(before, await readOnFrom(provisioning, before, source.startAt));
  // Noted first: a start that comes between the mapping's end and the next one must not begin anywhere else.
  await entries.note(task.name, { startFrom });
  await sources.remove(source.id, remainingMs);
  await entries.note(task.name, { eventSource: undefined });
  if (source.enabled) {
    await connect(provisioning, task.name, { ...settings, startingPosition: 'earliest' }, startFrom);
  }
}

/** Before its mapping gets lanes. */
async function laned(provisioning: TaskProvisioning, { task }: TaskRequest): Promise<void> {
  const entry = await provisioning.entries.find(task.name);
  if (entry !== undefined) {
    await openLanes(provisioning, entry);
  }
}

/** Its consumer group tells the new mapping where to read on. */
async function replaceKafka(
  provisioning: TaskProvisioning,
  { task, settings }: TaskRequest,
  source: EventSource,
  remainingMs: () => number,
): Promise<void> {
  const { entries, sources } = provisioning;
  await sources.remove(source.id, remainingMs);
  await entries.note(task.name, { eventSource: undefined });
  if (source.enabled) {
    await connect(provisioning, task.name, settings);
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
  const { task } = request;
  checkRealtimeTask(task, task.name);
  if (goesElsewhere(task)) {
    // Its own function has checked it: no other knows its target.
    return;
  }
  const parameters = [textParameter('table', task.target.table)];
  const [columns, keys] = await Promise.all([
    asked(task.name, database.execute(COLUMNS_SQL, parameters, { json: true })),
    asked(task.name, database.execute(UNIQUE_KEYS_SQL, parameters, { json: true })),
  ]);
  mapColumns(task, { columns: columnsFrom(columns.rows), uniqueKeys: uniqueKeysFrom(keys.rows) }, task.name);
}

/**
 * Positions are kept per shard, and every stream calls its shards by the same names: of another stream, what has lower sequence numbers
 * than the positions would be taken for written, and be lost without a word.
 *
 * @throws InvalidSetting when a task that has read one stream, or whose name has, is to read another
 */
async function checkStream(
  database: Pick<TaskDatabase, 'execute'>,
  { task, settings }: TaskRequest,
  before: TaskEntry | undefined,
): Promise<void> {
  const wanted = streamName(settings.streamArn);
  const provisioned = before?.settings === undefined ? undefined : streamName(before.settings.streamArn);
  if (provisioned === wanted) {
    return;
  }
  const parameters = [
    textParameter('task', task.name),
    longParameter('epoch', before?.epoch ?? epochOf(settings.functionArn)),
  ];
  const { rows } = await asked(task.name, database.execute(HISTORY_SQL, parameters, { json: true }));
  const { positions = 0, stream = null } = rows[0] ?? {};
  const read = before?.eventSource !== undefined || Number(positions) > 0;
  const known = provisioned ?? (stream === null ? wanted : String(stream));
  // The account of a Kafka topic knows its name, and not that of its cluster.
  if (read && known !== wanted && known !== settings.kafka?.topic) {
    throw new InvalidSetting(
      `${task.name}: stream of the topic`,
      wanted,
      `${known}, which a task of this name has read: its positions do not hold for another stream. To read another topic, give the task a new name (and construct id); the rows of the old one stay`,
    );
  }
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
  return (
    before === undefined ||
    (ROAD.every((part) => before[part] === after[part]) && isSameFeed(before.kafka, after.kafka))
  );
}

/** ISO 8601. It may have been asked before to begin earlier, and not come to it. */
function earlier({ startFrom }: TaskEntry, from: Date): string {
  const text = from.toISOString();
  const before = startFrom !== undefined && (startFrom === 'oldest' || startFrom < text);

  return before ? startFrom : text;
}
