import { Argument } from 'commander';
import { command } from './command.ts';
import type { TopicDetails } from './management/topics.ts';

export const topicShow = command({
  path: 'topic show',
  summary: 'show a topic: how long it keeps messages, its partitions, who reads it',
  arguments: [new Argument('<topic>', 'the topic, by name')],
  examples: [['causeway topic show ParkingEvents', 'its partitions and consumers']],
  platform: true,
  async run({ args, output, platform }) {
    const [name] = args as [string];
    const { client } = await platform();
    const topic = await client.topic(name);

    output.result(topic, () =>
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
        ['tags', Object.entries(topic.tags ?? {}).map(([name, value]) => `${name}=${value}`)],
        ['created', topic.createdAt],
      ]),
    );
    return undefined;
  },
});

function keyText(key: TopicDetails['partitionKey']): string {
  if (typeof key !== 'object') {
    return key === 'random' ? 'random: the order of a device is lost' : 'the device, or the key an app gives';
  }

  return 'field' in key ? `the field ${key.field}` : `the device, spread over ${key.spread}: its order is lost`;
}
