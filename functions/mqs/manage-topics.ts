import { setTimeout as delay } from 'node:timers/promises';
import { exactOptional, int, number, strictObject, string } from 'zod/mini';
import { InvalidSetting, Refusal } from '../../core/errors.ts';
import { findMessage, queryTopic } from '../../core/mqs/query-topic.ts';
import { decodeProgress, type QueryProgress } from '../../core/mqs/shard-cursor.ts';
import type { CatalogEntry } from '../../core/platform/catalog-entry.ts';
import { checkWholeNumber } from '../../core/platform/check-setting.ts';
import type { Page, QueryOptions } from '../shared/document-table.ts';
import { type ManagementHandler, managementHandler, ok, pageOf, pageQuery, route } from '../shared/management-chain.ts';
import { type StreamShard, type StreamViewer, streamViewer } from '../shared/streams.ts';
import { catalogTable } from '../shared/tables.ts';

export interface ManageTopicsPorts {
  readonly find: (topic: string) => Promise<CatalogEntry | undefined>;
  readonly list: (page: QueryOptions) => Promise<Page<CatalogEntry>>;
  readonly tasks: () => Promise<readonly CatalogEntry[]>;
  readonly viewer: (stream: string) => StreamViewer;
  readonly now: () => number;
  readonly wait: (milliseconds: number) => Promise<void>;
}

/** Times in milliseconds since 1970. With `next` the query goes on; everything but `limit` stays as it was. */
interface MessageQuery {
  readonly since?: number;
  readonly until?: number;
  readonly key?: string;
  readonly partition?: string;
  readonly sequence?: string;
  readonly limit?: number;
  readonly next?: string;
}

const messageQuery = strictObject({
  since: exactOptional(number()),
  until: exactOptional(number()),
  key: exactOptional(string()),
  partition: exactOptional(string()),
  sequence: exactOptional(string()),
  limit: exactOptional(int()),
  next: exactOptional(string()),
});

const DEFAULT_LIMIT = 100;
const MAX_LIMIT = 500;
/** The gateway waits 29 s; what is found by then is answered, with where to go on. */
const BUDGET_MS = 15_000;

/** Management API: topics and what is in them. */
export const handler = manageTopics(awsPorts);

export function manageTopics(portsOf: () => ManageTopicsPorts): ManagementHandler {
  return managementHandler([
    route({
      method: 'GET',
      path: '/topics',
      query: strictObject(pageQuery),
      handler: async ({ query }) => {
        const { list, tasks } = portsOf();
        const [page, readers] = await Promise.all([list(pageOf(query)), tasks()]);

        return ok({ ...page, items: page.items.map((topic) => described(topic, readers)) });
      },
    }),
    route({
      method: 'GET',
      path: '/topics/{topic}',
      handler: async ({ path }) => {
        const ports = portsOf();
        const topic = await existing(ports, path['topic']);
        const viewer = ports.viewer(String(topic.document['stream']));
        const [tasks, summary, shards] = await Promise.all([ports.tasks(), viewer.summary(), viewer.shards()]);

        return ok({ ...described(topic, tasks), ...summary, shards });
      },
    }),
    route({
      method: 'POST',
      path: '/topics/{topic}/messages',
      body: messageQuery,
      handler: async ({ path, body }) => {
        const ports = portsOf();
        const topic = await existing(ports, path['topic']);

        return ok(await messages(ports, ports.viewer(String(topic.document['stream'])), body));
      },
    }),
  ]);
}

async function messages(ports: ManageTopicsPorts, stream: StreamViewer, query: MessageQuery) {
  const { now, wait } = ports;
  const { key, sequence, limit = DEFAULT_LIMIT } = query;
  checkWholeNumber('limit', limit, 1, MAX_LIMIT);
  if (sequence !== undefined) {
    const shards = await chosen(stream, query);
    const item = await findMessage(stream, shards.map(nameOf), checkSequence(sequence));

    return { items: item === undefined ? [] : [item], read: item === undefined ? 0 : 1, until: now() };
  }
  const progress = query.next === undefined ? await begin(now(), stream, query) : decodeProgress(query.next);

  return queryTopic(
    { ...stream, now, wait },
    { limit, budgetMs: BUDGET_MS, ...(key !== undefined && { key }) },
    progress,
  );
}

async function begin(now: number, stream: StreamViewer, query: MessageQuery): Promise<QueryProgress> {
  const { since, until = now } = query;
  if (since !== undefined && (!Number.isInteger(since) || since < 0 || since > now)) {
    throw new InvalidSetting('since', since, 'milliseconds since 1970, not in the future');
  }
  if (!Number.isInteger(until) || until < (since ?? 0)) {
    throw new InvalidSetting('until', until, 'milliseconds since 1970, not before since');
  }
  const shards = await chosen(stream, query);

  return {
    until: Math.min(until, now),
    cursors: shards.map(({ shard }) => ({ shard, ...(since !== undefined && { at: since }) })),
  };
}

/** The shards of the query: all, or the one that is named, by its id or its number. */
async function chosen(stream: StreamViewer, { since, partition }: MessageQuery): Promise<StreamShard[]> {
  const all = await stream.shards(since);
  if (partition === undefined) {
    return all;
  }
  const id = /^\d{1,12}$/.test(partition) ? `shardId-${partition.padStart(12, '0')}` : partition;
  const found = all.filter(({ shard }) => shard === id);
  if (found.length === 0) {
    throw new Refusal('CAUSEWAY.0404', {
      message: `There is no partition ${partition} with messages of that time; there are ${all.map(nameOf).join(', ')}.`,
    });
  }

  return found;
}

function checkSequence(sequence: string): string {
  if (!/^(0|[1-9]\d{0,128})$/.test(sequence)) {
    throw new InvalidSetting('sequence', sequence, 'a sequence number: digits only');
  }
  return sequence;
}

async function existing({ find }: ManageTopicsPorts, name = ''): Promise<CatalogEntry> {
  const topic = await find(name);
  if (topic === undefined) {
    throw new Refusal('CAUSEWAY.0404', { message: `There is no topic ${name}.` });
  }

  return topic;
}

function described({ name, document }: CatalogEntry, tasks: readonly CatalogEntry[]) {
  const { app, description, stream } = document;
  const consumers = tasks.filter((task) => task.document['topic'] === name).map((task) => task.name);

  return { topic: name, app, description, stream, consumers };
}

function nameOf({ shard }: StreamShard): string {
  return shard;
}

function awsPorts(): ManageTopicsPorts {
  const catalog = catalogTable();

  return {
    find: (name) => catalog.get({ kind: 'topic', name }),
    list: (page) => catalog.query({ kind: 'topic' }, page),
    tasks: () => catalog.queryAll({ kind: 'task' }),
    viewer: streamViewer,
    now: Date.now,
    wait: (milliseconds) => delay(milliseconds),
  };
}
