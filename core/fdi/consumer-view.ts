import { type TaskState, taskState } from './control-task.ts';
import type { EventSources } from './event-source.ts';
import type { TaskDatabase } from './shard-writer.ts';
import type { TaskEntry } from './task-entry.ts';
import { taskEpoch, taskPositions } from './task-positions.ts';
import type { TopicPlace, TopicReader } from './topic-reader.ts';
import { walkBehind } from './topic-walk.ts';

/** Where a task stands in a partition of its topic. */
export interface PartitionView {
  readonly partition: string;
  /** Messages it has not written or quarantined yet. */
  readonly backlog: number;
  /** There are more: counting them would take too long. */
  readonly more: boolean;
  /** How long ago the oldest of them arrived, in milliseconds; null when there is none. */
  readonly oldestMs: number | null;
  /** Messages a second, over the seconds this was looked at. */
  readonly rate: number;
  /** Of the last message written; empty before the first. */
  readonly sequenceNumber: string;
}

/** A task that reads a topic. */
export interface ConsumerView {
  readonly task: string;
  readonly state: TaskState;
  readonly epoch: number;
  readonly backlog: number;
  readonly more: boolean;
  readonly oldestMs: number | null;
  readonly rate: number;
  readonly partitions: readonly PartitionView[];
}

export interface ConsumerViewPorts {
  readonly sources: Pick<EventSources, 'find'>;
  readonly database: Pick<TaskDatabase, 'execute'>;
  readonly topics: Pick<TopicReader, 'shards' | 'pages'>;
  readonly now: () => number;
  readonly wait: (milliseconds: number) => Promise<unknown>;
}

/** A batch comes about every second: what was written in less than this says little of the rate. */
const WATCHED_MS = 3000;
/** Each message is looked at to be counted. */
const MOST = 100_000;

/** How far the tasks of a topic are. Takes some seconds: rates are what is written meanwhile. */
export function consumerViews(ports: ConsumerViewPorts, tasks: readonly TaskEntry[]): Promise<ConsumerView[]> {
  return Promise.all(tasks.map((task) => consumerView(ports, task)));
}

async function consumerView(ports: ConsumerViewPorts, task: TaskEntry): Promise<ConsumerView> {
  const { sources, database, topics, now, wait } = ports;
  const streamArn = task.settings?.streamArn ?? '';
  const [state, source, shards] = await Promise.all([
    taskState(sources, task),
    task.eventSource === undefined ? undefined : sources.find(task.eventSource),
    topics.shards(streamArn),
  ]);
  const begun = now();
  const before = await counted(database, task);
  const partitions = await Promise.all(
    shards.map((shard) => backlogOf(ports, { streamArn, shard, position: before.get(shard)?.sequence ?? '', source })),
  );
  await wait(Math.max(0, begun + WATCHED_MS - now()));
  const after = await counted(database, task);
  const seconds = (now() - begun) / 1000;
  const rateOf = (shard: string) =>
    Math.max(0, (after.get(shard)?.handled ?? 0) - (before.get(shard)?.handled ?? 0)) / seconds;
  const views = partitions.map((partition) => ({ ...partition, rate: rounded(rateOf(partition.partition)) }));
  const ages = views.flatMap(({ oldestMs }) => (oldestMs === null ? [] : [oldestMs]));

  return {
    task: task.name,
    state,
    epoch: taskEpoch(task),
    backlog: views.reduce((sum, { backlog }) => sum + backlog, 0),
    more: views.some(({ more }) => more),
    oldestMs: ages.length === 0 ? null : Math.max(...ages),
    rate: rounded(shards.reduce((sum, shard) => sum + rateOf(shard), 0)),
    partitions: views,
  };
}

async function backlogOf(
  { topics, now }: ConsumerViewPorts,
  {
    streamArn,
    shard,
    position,
    source,
  }: {
    readonly streamArn: string;
    readonly shard: string;
    readonly position: string;
    readonly source: { readonly startAt: Date | 'oldest' } | undefined;
  },
): Promise<Omit<PartitionView, 'rate'>> {
  const { startAt = 'oldest' } = source ?? {};
  const begun: TopicPlace = startAt === 'oldest' ? startAt : { at: startAt.getTime() };
  const from = position === '' ? begun : { after: position };
  const { count, more, records } = await walkBehind(topics, { streamArn, shard, from, most: MOST });
  const [oldest] = records;

  return {
    partition: shard,
    backlog: count,
    more,
    oldestMs: oldest === undefined ? null : Math.max(0, now() - oldest.arrivedAt),
    sequenceNumber: position.replace(/^0+(?=\d)/, ''),
  };
}

async function counted(database: ConsumerViewPorts['database'], task: TaskEntry) {
  const { shards } = await taskPositions(database, task);

  return shards;
}

function rounded(rate: number): number {
  return Math.round(rate * 10) / 10;
}
