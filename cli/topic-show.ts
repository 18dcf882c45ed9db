import { Argument } from 'commander';
import { command } from './command.ts';

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
        ['created', topic.createdAt],
      ]),
    );
    return undefined;
  },
});
