import { Argument } from 'commander';
import { command } from './command.ts';
import type { TopicDetails } from './management/topics.ts';
import type { ManagementClient } from './management-client.ts';
import { countText } from './screen/words.ts';

/** Of the error store, which is kept by product: more pages say little, and take long. */
const MOST_PAGES = 10;
const PAGE = 1000;

export const topicShow = command({
  path: 'topic show',
  summary: 'show a topic: how long it keeps messages, its partitions, who writes and reads it, what it did not take',
  arguments: [new Argument('<topic>', 'the topic, by name')],
  examples: [['causeway topic show ParkingEvents', 'its partitions and consumers']],
  platform: true,
  async run({ args, output, platform }) {
    const [name] = args as [string];
    const { client } = await platform();
    const [topic, errors] = await Promise.all([client.topic(name), storedErrors(client, name)]);

    output.result({ ...topic, errorStore: errors }, () =>
      output.pairs([
        ['topic', topic.topic],
        ['app', topic.app],
        ['description', topic.description],
        ['stream', topic.stream],
        ['keeps messages', `${topic.retentionHours} hours`],
        ['partitions', `${topic.openShards} (${topic.mode})`],
        ['shards', topic.shards.map(({ shard, open }) => (open ? shard : `${shard} (closed)`))],
        ['read by', topic.consumers],
        ['apps may', topic.permission],
        ['partition key', keyText(topic.partitionKey)],
        ['masked fields', topic.filterFields ?? []],
        ['tags', Object.entries(topic.tags ?? {}).map(([tag, value]) => `${tag}=${value}`)],
        ['in the error store', `${errors.more ? 'at least ' : ''}${countText(errors.messages)} messages`],
        ['created', topic.createdAt],
      ]),
    );
    return undefined;
  },
});

/** Messages that were for the topic and are in the error store. */
async function storedErrors(client: ManagementClient, topic: string) {
  let messages = 0;
  let next: string | undefined;
  let pages = 0;
  do {
    const page = await client.storedErrors({ limit: String(PAGE), ...(next !== undefined && { next }) });
    messages += page.items.filter(({ destination }) => destination === topic).length;
    next = page.next;
    pages += 1;
  } while (next !== undefined && pages < MOST_PAGES);

  return { messages, more: next !== undefined };
}

function keyText(key: TopicDetails['partitionKey']): string {
  if (typeof key !== 'object') {
    return key === 'random' ? 'random: the order of a device is lost' : 'the device, or the key an app gives';
  }

  return 'field' in key ? `the field ${key.field}` : `the device, spread over ${key.spread}: its order is lost`;
}
