import { Argument } from 'commander';
import type { ConsumerView, PartitionView } from '../core/fdi/consumer-view.ts';
import { command } from './command.ts';
import { countText, millisecondsText } from './screen/words.ts';

export const topicConsumers = command({
  path: 'topic consumers',
  summary: 'show how far the tasks of a topic are, partition by partition',
  details:
    'Backlog: messages a task has not written yet; oldest: how long the first of them has waited; rate: messages a second that it wrote while this was looked at, which takes some seconds.',
  arguments: [new Argument('<topic>', 'the topic, by name')],
  examples: [['causeway topic consumers ParkingEvents', 'each task and partition']],
  platform: true,
  async run({ args, output, platform }) {
    const [topic] = args as [string];
    const { client } = await platform();
    const { items } = await client.consumers(topic);

    output.result({ topic, items }, () =>
      items.length === 0
        ? `No task reads ${topic}.`
        : output.table(['task', 'state', 'partition', 'backlog', 'oldest', 'rate', 'epoch'], items.flatMap(rowsOf)),
    );
    return undefined;
  },
});

function rowsOf(consumer: ConsumerView) {
  const { task, state, epoch, partitions } = consumer;
  const total = partitions.length === 1 ? [] : [[task, state, 'all', ...progress(consumer), epoch]];

  return [
    ...total,
    ...partitions.map((one) => [task, state, one.partition.replace(/^shardId-0*(?=\d)/, ''), ...progress(one), epoch]),
  ];
}

function progress({ backlog, more, oldestMs, rate }: Pick<PartitionView, 'backlog' | 'more' | 'oldestMs' | 'rate'>) {
  return [
    `${more ? 'at least ' : ''}${countText(backlog)}`,
    oldestMs === null ? '-' : millisecondsText(oldestMs),
    `${rate}/s`,
  ];
}
