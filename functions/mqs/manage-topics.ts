import { setTimeout as delay } from 'node:timers/promises';
import { exactOptional, int, number, strictObject, string } from 'zod/mini';
import { Refusal } from '../../core/errors.ts';
import type { CatalogEntry } from '../../core/platform/catalog-entry.ts';
import type { Page, QueryOptions } from '../shared/document-table.ts';
import { type ManagementHandler, managementHandler, ok, pageOf, pageQuery, route } from '../shared/management-chain.ts';
import { type StreamViewer, streamViewer } from '../shared/streams.ts';
import { catalogTable } from '../shared/tables.ts';
import { type MessageQueryPorts, topicMessages } from '../shared/topic-messages.ts';

export interface ManageTopicsPorts extends MessageQueryPorts {
  readonly find: (topic: string) => Promise<CatalogEntry | undefined>;
  readonly list: (page: QueryOptions) => Promise<Page<CatalogEntry>>;
  readonly tasks: () => Promise<readonly CatalogEntry[]>;
  readonly viewer: (stream: string) => StreamViewer;
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

        return ok(await topicMessages(ports, ports.viewer(String(topic.document['stream'])), body));
      },
    }),
  ]);
}

async function existing({ find }: ManageTopicsPorts, name = ''): Promise<CatalogEntry> {
  const topic = await find(name);
  if (topic === undefined) {
    throw new Refusal('CAUSEWAY.0404', { message: `There is no topic ${name}.` });
  }

  return topic;
}

function described({ name, document }: CatalogEntry, tasks: readonly CatalogEntry[]) {
  const { app, description, stream, permission, partitionKey, filterFields, tags } = document;
  const consumers = tasks.filter((task) => task.document['topic'] === name).map((task) => task.name);

  return { topic: name, app, description, stream, consumers, permission, partitionKey, filterFields, tags };
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
