import { Refusal } from '../errors.ts';
import { connect, provisioned, type TaskControls, taskState } from './control-task.ts';
import { openLanes } from './open-lanes.ts';
import type { TaskDatabase } from './shard-writer.ts';
import type { TaskEntry, TaskReset } from './task-entry.ts';
import { taskEpoch, taskPositions } from './task-positions.ts';
import type { TopicPlace, TopicReader } from './topic-reader.ts';
import { walkBehind } from './topic-walk.ts';

/** Where a task is to read its topic from. */
export type ResetTarget = 'earliest' | 'latest' | Date;

export interface ResetPorts {
  readonly controls: TaskControls;
  readonly database: Pick<TaskDatabase, 'execute'>;
  readonly topics: Pick<TopicReader, 'shards' | 'pages'>;
}

/** What a reset does to the messages of the topic. */
export interface ResetPlan {
  readonly task: string;
  /** `earliest`, `latest` or ISO 8601. */
  readonly to: string;
  /** The reading of the topic that begins. */
  readonly epoch: number;
  readonly state: 'started' | 'stopped';
  /** Written before, and read and written again; null where it is not counted: of Kafka. */
  readonly again: MessageCount | null;
  /** Not written, and left out. */
  readonly skipped: MessageCount | null;
}

export interface MessageCount {
  readonly messages: number;
  /** There are more; counting them would take too long. */
  readonly more: boolean;
}

/** What is counted of a shard takes a look at each message: no more than this many. */
const MOST = 100_000;

/** What would become of the messages if the task were reset there. Changes nothing. */
export async function planReset(
  { controls, database, topics }: ResetPorts,
  task: TaskEntry,
  target: ResetTarget,
): Promise<ResetPlan> {
  const settings = provisioned(task);
  const plan = {
    task: task.name,
    to: target instanceof Date ? target.toISOString() : target,
    epoch: taskEpoch(task) + 1,
    state: await taskState(controls.sources, task),
  };
  if (settings.kafka !== undefined) {
    return { ...plan, again: null, skipped: null };
  }
  const [{ sequences }, source] = await Promise.all([
    taskPositions(database, task),
    task.eventSource === undefined ? undefined : controls.sources.find(task.eventSource),
  ]);
  const begun: TopicPlace =
    source === undefined || source.startAt === 'oldest' ? 'oldest' : { at: source.startAt.getTime() };
  const place: TopicPlace =
    target === 'earliest' ? 'oldest' : { at: (target === 'latest' ? controls.now() : target).getTime() };
  const shards = await topics.shards(settings.streamArn);
  const counts = await Promise.all(
    shards.map((shard) =>
      countShard(topics, { streamArn: settings.streamArn, shard, position: sequences.get(shard) ?? '', begun, place }),
    ),
  );

  return { ...plan, again: sumOf(counts.map(({ again }) => again)), skipped: sumOf(counts.map((one) => one.skipped)) };
}

/**
 * Lets a task read its topic from another place: what it reads is written again, also what its positions say is written, because it reads in a
 * new epoch with positions of its own. What the mapping before still has in flight moves the positions of the epoch before. A stopped task
 * stays stopped, and begins there when it is started.
 *
 * @param plan what was said of it
 * @throws Refusal CAUSEWAY.0412 while Lambda still deletes the mapping, which may take minutes: the same reset again, or the next start, goes on
 */
export async function resetTask(
  { controls, database, topics }: ResetPorts,
  task: TaskEntry,
  target: ResetTarget,
  { plan, by, remainingMs }: { readonly plan: ResetPlan; readonly by: string; readonly remainingMs: () => number },
): Promise<TaskReset> {
  const { entries, sources, now } = controls;
  const settings = provisioned(task);
  const startFrom = target === 'earliest' ? 'oldest' : (target === 'latest' ? now() : target).toISOString();
  const reset = {
    ...{ at: now().toISOString(), by, to: plan.to },
    ...{ again: plan.again?.messages ?? -1, skipped: plan.skipped?.messages ?? -1 },
  };
  await sources.addEpoch(settings.functionArn, plan.epoch);
  await openLanes({ database, topics }, { ...task, epoch: plan.epoch });
  if (task.eventSource !== undefined) {
    // Before the epoch is another one, so that nothing is ever read by the old mapping for the new positions.
    await sources.remove(task.eventSource, remainingMs).catch(async (error: unknown) => {
      // On its way out, it is gone for good: what is started next begins where the reset said.
      if (error instanceof Refusal) {
        await entries.note(task.name, { epoch: plan.epoch, startFrom, reset, eventSource: undefined });
      }
      throw error;
    });
  }
  await entries.note(task.name, { epoch: plan.epoch, startFrom, reset, eventSource: undefined });
  if (plan.state === 'started') {
    await connect(controls, task.name, settings, startFrom);
  }

  return reset;
}

interface CountedShard {
  readonly streamArn: string;
  readonly shard: string;
  /** The last record written, padded; '' for none. */
  readonly position: string;
  /** Where a shard without a position was begun. */
  readonly begun: TopicPlace;
  /** Where reading is to begin. */
  readonly place: TopicPlace;
}

async function countShard(
  topics: ResetPorts['topics'],
  { streamArn, shard, position, begun, place }: CountedShard,
): Promise<{ readonly again: MessageCount; readonly skipped: MessageCount }> {
  const first = await walkBehind(topics, { streamArn, shard, from: place, most: 1 });
  const next = first.records[0]?.sequence;
  const none = { messages: 0, more: false };
  if (position !== '' && next !== undefined && next <= position) {
    const { count, more } = await walkBehind(topics, { streamArn, shard, from: place, most: MOST, through: position });

    return { again: { messages: count, more }, skipped: none };
  }
  const from = position === '' ? begun : { after: position };
  const { count, more } = await walkBehind(topics, {
    ...{ streamArn, shard, from, most: MOST },
    ...(next !== undefined && { before: next }),
  });

  return { again: none, skipped: { messages: count, more } };
}

function sumOf(counts: readonly MessageCount[]): MessageCount {
  return {
    messages: counts.reduce((sum, { messages }) => sum + messages, 0),
    more: counts.some(({ more }) => more),
  };
}
